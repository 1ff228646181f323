CREATE OR REPLACE FUNCTION api.create_admin(
    p_email text, p_display_name text, p_password_hash text, p_role text DEFAULT 'super_admin')
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_id uuid;
    v_user jsonb;
BEGIN
    PERFORM core.require(
        'email', p_email,
        'display_name', p_display_name,
        'password_hash', p_password_hash,
        'role', p_role);
    PERFORM core.lock_roles();
    v_id := core.make_cc_user(p_email, p_display_name, p_role, p_password_hash, NULL);
    v_user := core.cc_user_json(v_id);
    RETURN jsonb_build_object(
        'id', v_user -> 'id',
        'email', v_user -> 'email',
        'display_name', v_user -> 'display_name',
        'role', v_user -> 'role');
END
$$;

COMMENT ON FUNCTION api.create_admin(text, text, text, text) IS $$
A new control centre user with a role. Returns {id, email, display_name, role}.
Raises: VALIDATION_ERROR 422, INVALID_STATE 409 (the address is in use). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.create_admin(text, text, text, text) TO halo_cc;
