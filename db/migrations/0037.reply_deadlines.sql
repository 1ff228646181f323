-- squawk-ignore-file ban-drop-constraint
SET LOCAL ROLE halo_owner;

CREATE TABLE core.reply_deadlines (
    session_id uuid PRIMARY KEY REFERENCES core.chat_sessions ON DELETE CASCADE,
    mitra_id uuid NOT NULL,
    began_at timestamptz NOT NULL,
    within interval NOT NULL CHECK (within > '0'),
    stopped_at timestamptz,
    is_reminded boolean NOT NULL DEFAULT false,
    is_overdue boolean NOT NULL DEFAULT false,
    due_at timestamptz
);
COMMENT ON TABLE core.reply_deadlines IS 'Until when the mitra of a running session has to have written a first time. A row that is still there says nothing of messages: they are looked for when it is due.';
COMMENT ON COLUMN core.reply_deadlines.began_at IS 'When the session started with this mitra, moved by every pause since.';
COMMENT ON COLUMN core.reply_deadlines.within IS 'first_reply_seconds, as it was then.';
COMMENT ON COLUMN core.reply_deadlines.stopped_at IS 'Since when the clock does not run: paused for an extension, or closing; null while it runs.';
COMMENT ON COLUMN core.reply_deadlines.due_at IS 'When the mitra is to be reminded, or after that the customer told; null when both is done, and while the clock does not run.';
CREATE INDEX reply_deadlines_due ON core.reply_deadlines (due_at) WHERE due_at IS NOT NULL;
ALTER TABLE core.reply_deadlines SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- The ledger has one more kind of entry. The check that stood here allowed less.
ALTER TABLE core.mitra_status_log
    DROP CONSTRAINT mitra_status_log_action_check,
    ADD CONSTRAINT mitra_status_log_action_check
        CHECK (action IN ('online', 'offline', 'activate', 'deactivate', 'no_first_reply')) NOT VALID;
COMMENT ON TABLE core.mitra_status_log IS 'Ledger of every online, offline, activate and deactivate: who, why, when, and how long the state before it lasted; and of every first reply that did not come in time.';

RESET ROLE;
