SET LOCAL ROLE halo_owner;

CREATE TYPE core.event AS (recipient text, type text, payload jsonb);
COMMENT ON TYPE core.event IS 'Something to be told to one user; core.emit gives it its number.';

CREATE TYPE core.moved AS (id uuid, due_at timestamptz);
COMMENT ON TYPE core.moved IS 'Something that run_due settled, and when it was due.';

CREATE TABLE core.events (
    recipient text NOT NULL,
    seq bigint NOT NULL,
    day date NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (recipient, seq, day)
) PARTITION BY RANGE (day);
COMMENT ON TABLE core.events IS 'The outbox: written with the change it tells of, dispatched at least once, in seq order per recipient.';

CREATE TABLE core.event_streams (
    recipient text PRIMARY KEY CHECK (recipient ~ '^(customer|mitra|cc):[0-9a-f-]{36}$'),
    last_seq bigint NOT NULL,
    floor_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
COMMENT ON TABLE core.event_streams IS 'Hands out each recipient''s next seq under its row lock, so that numbers follow commits without gaps.';
COMMENT ON COLUMN core.event_streams.floor_seq IS 'Events up to this one are gone by retention.';

CREATE TABLE core.event_positions (
    recipient text PRIMARY KEY,
    seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
COMMENT ON TABLE core.event_positions IS 'How far each stream was dispatched; apart from event_streams so that producers never wait on Valkey.';

CREATE TABLE core.event_queue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.event_queue IS 'A note per transaction and recipient that its stream has something to dispatch; deleted once dispatched.';
ALTER TABLE core.event_queue SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX event_queue_recipient ON core.event_queue (recipient);

RESET ROLE;
