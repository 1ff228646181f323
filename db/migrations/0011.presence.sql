SET LOCAL ROLE halo_owner;

CREATE TABLE core.session_presences (
    session_id uuid NOT NULL REFERENCES core.chat_sessions ON DELETE CASCADE,
    party text NOT NULL CHECK (party IN ('customer', 'mitra')),
    user_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('connected', 'away', 'gone')),
    since timestamptz NOT NULL,
    PRIMARY KEY (session_id, party, user_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE core.session_presences IS 'Whether the parties of open sessions have a socket, as the leases in Valkey said when the leading listener last looked.';
COMMENT ON COLUMN core.session_presences.state IS 'connected: has a socket, on whatever instance; away: has none; gone: has had none for customer_absence_seconds or mitra_absence_seconds.';
COMMENT ON COLUMN core.session_presences.since IS 'Of connected, when that began; of away and gone, when the socket was missed first.';

CREATE TABLE core.session_absences (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES core.chat_sessions ON DELETE CASCADE,
    party text NOT NULL CHECK (party IN ('customer', 'mitra')),
    user_id uuid NOT NULL,
    began_at timestamptz NOT NULL,
    seen_until timestamptz NOT NULL,
    ended_at timestamptz,
    credited_seconds integer CHECK (credited_seconds >= 0),
    due_at timestamptz
);
COMMENT ON TABLE core.session_absences IS 'Who was gone from a session, and for how long.';
COMMENT ON COLUMN core.session_absences.seen_until IS 'Until when, within a few seconds, the leases were looked at and showed no socket.';
COMMENT ON COLUMN core.session_absences.ended_at IS 'When a socket was there again, or could have been unseen; null for one that lasts, or lasted to the end of the session.';
COMMENT ON COLUMN core.session_absences.credited_seconds IS 'The time given back for it so far; null where that was not decided.';
COMMENT ON COLUMN core.session_absences.due_at IS 'Since when run_due has something to do for it: cancel a customer''s search, or give time back.';
CREATE INDEX session_absences_of_session ON core.session_absences (session_id);
CREATE INDEX session_absences_open ON core.session_absences (session_id, party, user_id) WHERE ended_at IS NULL;
CREATE INDEX session_absences_due ON core.session_absences (due_at) WHERE due_at IS NOT NULL;

ALTER TABLE core.session_extensions ADD COLUMN closed_at timestamptz;
COMMENT ON COLUMN core.session_extensions.closed_at IS 'When the session had begun to close, for one that was asked for in its last words.';

RESET ROLE;
