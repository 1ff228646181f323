CREATE OR REPLACE FUNCTION api.list_messages(
    p_session_id uuid, p_user_type text, p_user_id uuid, p_after_seq bigint DEFAULT NULL,
    p_before_seq bigint DEFAULT NULL, p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_messages core.chat_messages[];
    v_is_more boolean;
    v_cursor text[];
BEGIN
    PERFORM core.require_party(p_session_id, p_user_type, p_user_id);
    PERFORM core.require_page(p_limit);
    IF p_after_seq IS NOT NULL AND p_before_seq IS NOT NULL THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'Messages are read on from a number, or back from one.',
            'Give after_seq or before_seq.', 'before_seq');
    END IF;

    -- A cursor goes on in its page's own direction.
    v_cursor := core.cursor_key(p_cursor, 'after|before', 'number');
    IF v_cursor IS NOT NULL THEN
        p_after_seq := CASE v_cursor[1] WHEN 'after' THEN v_cursor[2]::bigint END;
        p_before_seq := CASE v_cursor[1] WHEN 'before' THEN v_cursor[2]::bigint END;
    END IF;
    PERFORM core.note_life(p_session_id, p_user_type, p_user_id, p_only_reads => true);
    v_session := core.read_session(p_session_id);

    -- Find a page, and the message after it, which says whether there is another page.
    IF p_before_seq IS NULL THEN
        v_messages := ARRAY(
            SELECT message FROM core.chat_messages AS message
            WHERE message.session_id = p_session_id
                AND message.session_day = core.session_day(v_session)
                AND message.seq > coalesce(p_after_seq, 0)
            ORDER BY message.seq LIMIT p_limit + 1);
    ELSE
        v_messages := ARRAY(
            SELECT message FROM core.chat_messages AS message
            WHERE message.session_id = p_session_id
                AND message.session_day = core.session_day(v_session)
                AND message.seq < p_before_seq
            ORDER BY message.seq DESC LIMIT p_limit + 1);
    END IF;
    v_is_more := cardinality(v_messages) > p_limit;
    v_messages := v_messages[1:p_limit];
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(
                core.message_json(message::core.chat_messages) ORDER BY (message).seq)
            FROM unnest(v_messages) AS message), '[]'),
        'next_cursor', CASE WHEN v_is_more THEN
            core.cursor(
                CASE WHEN p_before_seq IS NULL THEN 'after' ELSE 'before' END,
                (v_messages[p_limit]).seq::text)
        END);
END
$$;

COMMENT ON FUNCTION api.list_messages(uuid, text, uuid, bigint, bigint, integer, text) IS $$
{items, next_cursor}: what was said in a session, in order, p_limit (1 to 200) a page: on from
p_after_seq (null = from the first), or back from p_before_seq. p_cursor, the next_cursor of a
page, goes on from there and takes the place of both. The parties may always read.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_messages(uuid, text, uuid, bigint, bigint, integer, text)
TO halo_app;
