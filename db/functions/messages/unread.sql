CREATE OR REPLACE FUNCTION core.unread(p_session core.chat_sessions, p_party text)
RETURNS bigint
LANGUAGE sql STABLE
AS $$
SELECT count(*) FROM core.chat_messages AS message
WHERE message.session_id = p_session.id AND message.session_day = core.session_day(p_session) AND message.sender_type <> p_party
    AND message.seq > coalesce((
        SELECT mark.read_seq FROM core.message_watermarks AS mark WHERE mark.session_id = p_session.id AND mark.party = p_party), 0)
$$;

COMMENT ON FUNCTION core.unread(core.chat_sessions, text) IS 'How many messages of the other party a party has not read.';
