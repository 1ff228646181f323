-- depends: 0018.senders_and_service

SET LOCAL ROLE halo_owner;

CREATE TABLE core.failed_deadlines (
    kind text NOT NULL,
    id uuid NOT NULL,
    failures integer NOT NULL DEFAULT 1,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    failed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    again_at timestamptz NOT NULL,
    error text NOT NULL,
    PRIMARY KEY (kind, id)
);
COMMENT ON TABLE core.failed_deadlines IS 'Due work that failed, and is left out until it is tried again. Gone once it is done.';
COMMENT ON COLUMN core.failed_deadlines.id IS 'The session; for a link or money that no search waits for the payment request, for kind silence the mitra.';
COMMENT ON COLUMN core.failed_deadlines.failures IS 'How often in a row.';
COMMENT ON COLUMN core.failed_deadlines.began_at IS 'When it failed first.';
COMMENT ON COLUMN core.failed_deadlines.failed_at IS 'When it failed last.';
COMMENT ON COLUMN core.failed_deadlines.again_at IS 'When it is tried again: after ten seconds, later after as long as it has failed, ten minutes at most.';
COMMENT ON COLUMN core.failed_deadlines.error IS 'What PostgreSQL said last.';

RESET ROLE;
