CREATE OR REPLACE FUNCTION api.require_permission(
    p_cc_user_id uuid, p_resource text, p_action text)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require(
        'cc_user_id', p_cc_user_id::text, 'resource', p_resource, 'action', p_action);
    IF NOT core.may(p_cc_user_id, p_resource, p_action) THEN
        PERFORM core.refuse(
            'FORBIDDEN', format('This needs the permission %s:%s.', p_resource, p_action),
            'Ask an administrator for it.');
    END IF;
END
$$;

COMMENT ON FUNCTION api.require_permission(uuid, text, text) IS $$
Passes when the user is active and its role allows p_action on p_resource.
Raises: FORBIDDEN 403, VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.require_permission(uuid, text, text) TO halo_cc;
