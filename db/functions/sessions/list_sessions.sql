CREATE OR REPLACE FUNCTION api.list_sessions(p_user_type text, p_user_id uuid, p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before core.chat_sessions;
    v_sessions core.chat_sessions[];
BEGIN
    PERFORM core.require('user_type', p_user_type, 'user_id', p_user_id::text);
    PERFORM core.require_page(p_limit);
    IF p_user_type NOT IN ('customer', 'mitra') THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'Sessions are of a customer or of a mitra.', 'Choose one of them.', 'user_type');
    END IF;
    IF p_cursor IS NOT NULL THEN
        v_before := core.read_session(core.cursor_uuid(p_cursor));
        PERFORM core.require_party(v_before.id, p_user_type, p_user_id);
    END IF;
    IF p_user_type = 'mitra' THEN
        v_sessions := ARRAY(
            SELECT session FROM core.chat_sessions AS session
            WHERE session.mitra_id = p_user_id
                AND (v_before.id IS NULL OR (session.created_at, session.id) < (v_before.created_at, v_before.id))
            ORDER BY session.created_at DESC, session.id DESC LIMIT p_limit + 1);
    ELSE
        v_sessions := ARRAY(
            SELECT session FROM core.chat_sessions AS session
            WHERE session.customer_id = p_user_id
                AND (v_before.id IS NULL OR (session.created_at, session.id) < (v_before.created_at, v_before.id))
            ORDER BY session.created_at DESC, session.id DESC LIMIT p_limit + 1);
    END IF;
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(core.session_json(session::core.chat_sessions)
                || jsonb_build_object('unread', core.unread(session::core.chat_sessions, p_user_type)) ORDER BY (session).created_at DESC, (session).id DESC)
            FROM unnest(v_sessions[1:p_limit]) AS session), '[]'),
        'next_cursor', CASE WHEN cardinality(v_sessions) > p_limit THEN (v_sessions[p_limit]).id END);
END
$$;

COMMENT ON FUNCTION api.list_sessions(text, uuid, integer, text) IS $$
{items, next_cursor}: a customer's or a mitra's sessions, newest first, p_limit (1 to 200) a page, each with
unread: how many of the other's messages this party has not read.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (a cursor of somebody else).
$$;
GRANT EXECUTE ON FUNCTION api.list_sessions(text, uuid, integer, text) TO halo_app;
