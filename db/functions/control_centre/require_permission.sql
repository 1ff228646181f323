CREATE OR REPLACE FUNCTION api.require_permission(
    p_cc_user_id uuid, p_resource text, p_action text, p_auth_session_id uuid DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require(
        'cc_user_id', p_cc_user_id::text, 'resource', p_resource, 'action', p_action);
    PERFORM api.require_login(p_cc_user_id, p_auth_session_id);
    IF NOT core.may(p_cc_user_id, p_resource, p_action) THEN
        PERFORM core.refuse(
            'FORBIDDEN', format('This needs the permission %s:%s.', p_resource, p_action),
            'Ask an administrator for it.');
    END IF;
END
$$;

COMMENT ON FUNCTION api.require_permission(uuid, text, text, uuid) IS $$
Passes when the user is active, the login (the access token's sid) was not ended, and the user's
role allows p_action on p_resource. p_auth_session_id null = any login.
Raises: UNAUTHENTICATED 401, FORBIDDEN 403, VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.require_permission(uuid, text, text, uuid) TO halo_cc;
