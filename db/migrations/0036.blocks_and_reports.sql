SET LOCAL ROLE halo_owner;

CREATE TABLE core.blocks (
    customer_id uuid NOT NULL REFERENCES core.customers,
    mitra_id uuid NOT NULL REFERENCES core.mitras,
    party text NOT NULL CHECK (party IN ('customer', 'mitra')),
    session_id uuid NOT NULL REFERENCES core.chat_sessions,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (customer_id, mitra_id, party)
);
COMMENT ON TABLE core.blocks IS 'Pairs that must not meet again. Written and deleted under the customer''s lock.';
COMMENT ON COLUMN core.blocks.party IS 'Who of the two blocked the other.';
COMMENT ON COLUMN core.blocks.session_id IS 'The session about which it was done.';
CREATE INDEX blocks_of_mitra ON core.blocks (mitra_id, created_at DESC);
CREATE INDEX blocks_of_session ON core.blocks (session_id);

CREATE TABLE core.reports (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    session_id uuid NOT NULL REFERENCES core.chat_sessions,
    customer_id uuid NOT NULL REFERENCES core.customers,
    mitra_id uuid NOT NULL REFERENCES core.mitras,
    party text NOT NULL CHECK (party IN ('customer', 'mitra')),
    had_started boolean NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 100),
    comment text CHECK (length(comment) <= 1000),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'upheld', 'dismissed')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_at timestamptz,
    decided_by uuid,
    CHECK ((status = 'open') = (decided_at IS NULL)),
    UNIQUE (session_id, party, mitra_id)
);
COMMENT ON TABLE core.reports IS 'What a party says of the other party of a session, for the control centre: open until a person decides.';
COMMENT ON COLUMN core.reports.party IS 'Who reports the other.';
COMMENT ON COLUMN core.reports.had_started IS 'Whether the clock of the session had begun: only such reports can hold a mitra.';
COMMENT ON COLUMN core.reports.decided_by IS 'The user who decided; null for a DBA.';
CREATE INDEX reports_recent ON core.reports (created_at DESC, id DESC);
CREATE INDEX reports_of_status ON core.reports (status, created_at DESC, id DESC);
CREATE INDEX reports_of_mitra ON core.reports (mitra_id, created_at DESC);
CREATE INDEX reports_of_customer ON core.reports (customer_id, created_at DESC);
CREATE INDEX reports_against_mitra ON core.reports (mitra_id) WHERE status = 'open' AND party = 'customer';

CREATE TABLE core.report_notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id uuid NOT NULL REFERENCES core.reports,
    note text NOT NULL CHECK (length(note) BETWEEN 1 AND 1000),
    author_id uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.report_notes IS 'What operators write down about a report.';
COMMENT ON COLUMN core.report_notes.author_id IS 'The user who wrote it; null for a DBA.';
CREATE INDEX report_notes_of_report ON core.report_notes (report_id, id);

ALTER TABLE core.mitra_loads ADD COLUMN reporters integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN core.mitra_loads.reporters IS
'How many customers have an open report against the mitra of a session that had started. Whether so many hold the mitra is judged at the reading (core.is_held).';

RESET ROLE;
