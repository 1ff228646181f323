CREATE OR REPLACE FUNCTION api.find_session(p_session_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
BEGIN
    v_session := core.known_session(p_session_id);
    RETURN core.session_details_json(v_session, p_actor_id) || jsonb_build_object('payment_requests', (
        SELECT coalesce(jsonb_agg(core.payment_details_json(payment) ORDER BY payment.created_at, payment.id), '[]')
        FROM core.payment_requests AS payment WHERE payment.session_id = p_session_id));
END
$$;

COMMENT ON FUNCTION api.find_session(uuid, uuid) IS $$
Any session as the control centre sees it, with its payment requests; phones masked for an actor without pii:read.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.find_session(uuid, uuid) TO halo_cc;
