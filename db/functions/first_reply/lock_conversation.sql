CREATE OR REPLACE FUNCTION core.lock_conversation(p_session_id uuid)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
INSERT INTO core.message_counters AS counter (session_id, last_seq) VALUES (p_session_id, 0)
ON CONFLICT (session_id) DO UPDATE SET last_seq = counter.last_seq
$$;

COMMENT ON FUNCTION core.lock_conversation(uuid) IS $$
Waits for the messages that are being written into a locked session, and lets nobody write into it
until the end of the transaction. A message takes the counter's row first and waits for nothing
after it, so this comes after all other locks but the streams.
$$;
