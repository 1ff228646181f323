CREATE OR REPLACE FUNCTION api.conversation_partner(
    p_session_id uuid, p_user_type text, p_user_id uuid)
RETURNS TABLE (other_type text, other_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require_conversation(p_session_id, p_user_type, p_user_id);
    RETURN QUERY SELECT
        CASE p_user_type WHEN 'customer' THEN 'mitra' ELSE 'customer' END,
        CASE p_user_type WHEN 'customer' THEN session.mitra_id ELSE session.customer_id END
    FROM core.chat_sessions AS session
    WHERE session.id = p_session_id;
END
$$;

COMMENT ON FUNCTION api.conversation_partner(uuid, text, uuid) IS $$
The other party to which a party speaks now: it may be told that the party is typing.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403, SESSION_PAUSED 409,
SESSION_NOT_ACTIVE 409.
Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.conversation_partner(uuid, text, uuid) TO halo_app;
