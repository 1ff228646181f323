CREATE OR REPLACE FUNCTION api.read_along(
    p_session_id uuid,
    p_after_seq bigint DEFAULT 0,
    p_limit integer DEFAULT 50,
    p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_messages core.chat_messages[];
    v_last_seq bigint;
BEGIN
    -- Judge who may, and that there is a reason.
    PERFORM core.require('session_id', p_session_id::text, 'after_seq', p_after_seq::text);
    PERFORM core.require_page(p_limit);
    IF p_actor_id IS NOT NULL THEN
        PERFORM api.require_permission(p_actor_id, 'pii', 'read');
        IF core.reason() IS NULL THEN
            PERFORM core.refuse('VALIDATION_ERROR', 'Reading along needs a reason.',
                'Say why; the audit log keeps it.', 'reason');
        END IF;
    END IF;
    v_session := core.known_session(p_session_id);

    -- Find a page. Nobody is told: no sign of life, no mark that something was read.
    v_messages := ARRAY(
        SELECT message FROM core.chat_messages AS message
        WHERE message.session_id = p_session_id
            AND message.session_day = core.session_day(v_session)
            AND message.seq > p_after_seq
        ORDER BY message.seq LIMIT p_limit);
    v_last_seq := coalesce(
        (SELECT counter.last_seq FROM core.message_counters AS counter
         WHERE counter.session_id = p_session_id), 0);
    PERFORM core.audit(p_actor_id, 'session.read_along', p_session_id::text, NULL,
        jsonb_build_object(
            'after_seq', p_after_seq,
            'messages', cardinality(v_messages)));

    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(
                core.message_json(message::core.chat_messages) ORDER BY (message).seq)
            FROM unnest(v_messages) AS message), '[]'),
        'last_seq', v_last_seq,
        'session', core.session_line_json(v_session, clock_timestamp()));
END
$$;

COMMENT ON FUNCTION api.read_along(uuid, bigint, integer, uuid) IS $$
{items, last_seq, session}: the messages of anybody's session after p_after_seq, in order, p_limit
(1 to 200) a page, the number of the newest message, and the session. An actor needs pii:read and a
reason (the setting halobestie.reason). Each page is written into the audit log; the parties are
told nothing.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, UNAUTHENTICATED 401, FORBIDDEN 403. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.read_along(uuid, bigint, integer, uuid) TO halo_cc;
