CREATE OR REPLACE FUNCTION api.list_messages(
    p_session_id uuid, p_user_type text, p_user_id uuid, p_after_seq bigint DEFAULT NULL, p_before_seq bigint DEFAULT NULL,
    p_limit integer DEFAULT 50)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_messages core.chat_messages[];
    v_is_more boolean;
BEGIN
    PERFORM core.require_party(p_session_id, p_user_type, p_user_id);
    PERFORM core.require_page(p_limit);
    IF p_after_seq IS NOT NULL AND p_before_seq IS NOT NULL THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'Messages are read on from a number, or back from one.', 'Give after_seq or before_seq.', 'before_seq');
    END IF;
    v_session := core.read_session(p_session_id);
    IF p_before_seq IS NULL THEN
        v_messages := ARRAY(
            SELECT message FROM core.chat_messages AS message
            WHERE message.session_id = p_session_id AND message.session_day = core.session_day(v_session)
                AND message.seq > coalesce(p_after_seq, 0)
            ORDER BY message.seq LIMIT p_limit + 1);
    ELSE
        v_messages := ARRAY(
            SELECT message FROM core.chat_messages AS message
            WHERE message.session_id = p_session_id AND message.session_day = core.session_day(v_session)
                AND message.seq < p_before_seq
            ORDER BY message.seq DESC LIMIT p_limit + 1);
    END IF;
    v_is_more := cardinality(v_messages) > p_limit;
    v_messages := v_messages[1:p_limit];
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(core.message_json(message::core.chat_messages) ORDER BY (message).seq) FROM unnest(v_messages) AS message), '[]'),
        'next_cursor', CASE WHEN v_is_more THEN
            CASE WHEN p_before_seq IS NULL THEN 'after:' ELSE 'before:' END || (v_messages[p_limit]).seq END);
END
$$;

COMMENT ON FUNCTION api.list_messages(uuid, text, uuid, bigint, bigint, integer) IS $$
{items, next_cursor}: what was said in a session, in order, p_limit (1 to 200) a page: on from p_after_seq (null = from the first), or back
from p_before_seq. The parties may always read; next_cursor is after:<seq> or before:<seq>.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.list_messages(uuid, text, uuid, bigint, bigint, integer) TO halo_app;
