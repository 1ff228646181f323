CREATE OR REPLACE FUNCTION core.last_life(
    p_presence core.session_presences, p_session core.chat_sessions)
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT greatest(p_presence.seen_at, (
    SELECT message.created_at FROM core.chat_messages AS message
    WHERE message.session_day = core.session_day(p_session) AND message.session_id = p_session.id
        AND message.sender_id = p_presence.user_id
    ORDER BY message.seq DESC LIMIT 1))
$$;

COMMENT ON FUNCTION core.last_life(core.session_presences, core.chat_sessions) IS $$
When a party without a socket last asked something about the session, or wrote into it; null for
never.
$$;
