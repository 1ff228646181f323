CREATE OR REPLACE FUNCTION api.list_sessions(
    p_user_type text, p_user_id uuid, p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before text[];
    v_sessions core.chat_sessions[];
BEGIN
    PERFORM core.require('user_type', p_user_type, 'user_id', p_user_id::text);
    PERFORM core.require_page(p_limit);
    IF p_user_type NOT IN ('customer', 'mitra') THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'Sessions are of a customer or of a mitra.', 'Choose one of them.', 'user_type');
    END IF;
    v_before := core.cursor_key(p_cursor, 'time', 'uuid');

    -- Find a page, and the row after it, which says whether there is another page. Each party
    -- has its own statement, so that each can read its own index in order.
    IF p_user_type = 'mitra' THEN
        v_sessions := ARRAY(
            SELECT session FROM core.chat_sessions AS session
            WHERE session.mitra_id = p_user_id
                AND (v_before IS NULL
                    OR (session.created_at, session.id)
                        < (v_before[1]::timestamptz, v_before[2]::uuid))
            ORDER BY session.created_at DESC, session.id DESC LIMIT p_limit + 1);
    ELSE
        v_sessions := ARRAY(
            SELECT session FROM core.chat_sessions AS session
            WHERE session.customer_id = p_user_id
                AND (v_before IS NULL
                    OR (session.created_at, session.id)
                        < (v_before[1]::timestamptz, v_before[2]::uuid))
            ORDER BY session.created_at DESC, session.id DESC LIMIT p_limit + 1);
    END IF;

    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(
                core.session_json(session::core.chat_sessions) || jsonb_build_object(
                    'unread', core.unread(session::core.chat_sessions, p_user_type))
                ORDER BY (session).created_at DESC, (session).id DESC)
            FROM unnest(v_sessions[1:p_limit]) AS session), '[]'),
        'next_cursor', CASE WHEN cardinality(v_sessions) > p_limit THEN
            core.cursor(
                core.instant((v_sessions[p_limit]).created_at), (v_sessions[p_limit]).id::text)
        END);
END
$$;

COMMENT ON FUNCTION api.list_sessions(text, uuid, integer, text) IS $$
{items, next_cursor}: a customer's or a mitra's sessions, newest first, p_limit (1 to 200) a page,
each with unread: how many of the other party's messages this party has not read.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_sessions(text, uuid, integer, text) TO halo_app;
