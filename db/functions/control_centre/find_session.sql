CREATE OR REPLACE FUNCTION api.find_session(p_session_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_now timestamptz := clock_timestamp();
    v_shows_all boolean := p_actor_id IS NULL OR core.may(p_actor_id, 'pii', 'read');
BEGIN
    v_session := core.known_session(p_session_id);
    PERFORM core.audit_reading(p_actor_id, p_session_id::text);

    -- Return the session with its money and its last words. session_day names the partition that
    -- the messages are in, so that no other partition is read.
    RETURN core.session_details_json(v_session, p_actor_id) || jsonb_build_object(
        'may_reroute', core.may_reroute(core.settled(v_session, v_now), v_now),
        'payment_requests', (
            SELECT coalesce(jsonb_agg(
                core.payment_details_json(payment) ORDER BY payment.created_at, payment.id), '[]')
            FROM core.payment_requests AS payment WHERE payment.session_id = p_session_id),
        'last_messages', (
            SELECT coalesce(jsonb_agg(
                core.message_json(last.message)
                    || CASE WHEN v_shows_all THEN '{}' ELSE '{"body": "•••"}' END::jsonb
                ORDER BY (last.message).seq), '[]')
            FROM (
                SELECT message FROM core.chat_messages AS message
                WHERE message.session_id = p_session_id
                    AND message.session_day = core.session_day(v_session)
                ORDER BY message.seq DESC LIMIT 50
            ) AS last (message)));
END
$$;

COMMENT ON FUNCTION api.find_session(uuid, uuid) IS $$
Any session as the control centre sees it, with its payment requests and its last fifty messages;
phones and what was said are masked for an actor without pii:read. Showing them is written into the
audit log. may_reroute says whether api.reroute_session would take it at this moment.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.find_session(uuid, uuid) TO halo_cc;
