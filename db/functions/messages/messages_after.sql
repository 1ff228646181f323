CREATE OR REPLACE FUNCTION api.messages_after(
    p_session_id uuid, p_user_type text, p_user_id uuid, p_after_seq bigint,
    p_limit integer DEFAULT 500)
RETURNS TABLE (seq bigint, frame jsonb)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
SELECT core.require_party(p_session_id, p_user_type, p_user_id);
SELECT core.require('after_seq', p_after_seq::text, 'limit', p_limit::text);
SELECT message.seq, core.message_json(message) || '{"type": "message"}'
FROM core.chat_sessions AS session
JOIN core.chat_messages AS message
    ON message.session_id = session.id AND message.session_day = core.session_day(session)
WHERE session.id = p_session_id AND message.seq > p_after_seq
ORDER BY message.seq
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.messages_after(uuid, text, uuid, bigint, integer) IS $$
The message frames of a session that a party missed, in order, at most p_limit.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.messages_after(uuid, text, uuid, bigint, integer) TO halo_app;
