CREATE OR REPLACE FUNCTION core.has_written(p_session core.chat_sessions)
RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
SELECT EXISTS (
    SELECT FROM core.chat_messages AS message
    WHERE message.session_day = core.session_day(p_session)
        AND message.session_id = p_session.id
        AND message.sender_type = 'mitra' AND message.sender_id = p_session.mitra_id)
$$;

COMMENT ON FUNCTION core.has_written(core.chat_sessions) IS $$
Whether a message of the session's mitra is committed. VOLATILE, so that it sees what was committed
while the caller waited for a lock.
$$;
