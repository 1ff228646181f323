SET LOCAL ROLE halo_owner;

CREATE TABLE core.chat_messages (
    session_day date NOT NULL,
    session_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    sender_type text NOT NULL CHECK (sender_type IN ('customer', 'mitra')),
    sender_id uuid NOT NULL,
    client_message_id text NOT NULL CHECK (length(client_message_id) BETWEEN 1 AND 100),
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (session_id, seq, session_day),
    UNIQUE (session_id, sender_type, client_message_id, session_day)
) PARTITION BY RANGE (session_day);
COMMENT ON TABLE core.chat_messages IS 'The conversation, numbered without gaps per session; partitioned by the day the session was created.';

CREATE TABLE core.message_counters (
    session_id uuid PRIMARY KEY REFERENCES core.chat_sessions ON DELETE CASCADE,
    last_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
COMMENT ON TABLE core.message_counters IS 'Hands out message numbers, apart from chat_sessions so that talking never waits on the clock.';

CREATE TABLE core.message_watermarks (
    session_id uuid NOT NULL REFERENCES core.chat_sessions ON DELETE CASCADE,
    party text NOT NULL CHECK (party IN ('customer', 'mitra')),
    delivered_seq bigint NOT NULL DEFAULT 0,
    read_seq bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (session_id, party)
) WITH (fillfactor = 70);
COMMENT ON TABLE core.message_watermarks IS 'How far each party''s devices received, and the person read.';

RESET ROLE;
