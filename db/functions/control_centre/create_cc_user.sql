CREATE OR REPLACE FUNCTION api.create_cc_user(
    p_email text,
    p_display_name text,
    p_role text,
    p_password_hash text,
    p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_id uuid;
BEGIN
    PERFORM core.require(
        'email', p_email,
        'display_name', p_display_name,
        'password_hash', p_password_hash,
        'role', p_role);
    PERFORM core.lock_rights(p_actor_id, 'control_center_users', 'create');
    PERFORM core.require_super_admin(p_actor_id, p_role);
    PERFORM core.require_within_own_rights(p_actor_id, (core.role_called(p_role)).permissions);
    v_id := core.make_cc_user(p_email, p_display_name, p_role, p_password_hash, p_actor_id);
    RETURN core.cc_user_json(v_id);
END
$$;

COMMENT ON FUNCTION api.create_cc_user(text, text, text, text, uuid) IS $$
A new user of the control centre, active, with the role of this name. p_password_hash is argon2id.
Returns the user.
Raises: VALIDATION_ERROR 422, INVALID_STATE 409 (the address is in use), UNAUTHENTICATED 401,
FORBIDDEN 403 (the actor may not any more, makes a super_admin without being one, or lacks a
permission of the role). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.create_cc_user(text, text, text, text, uuid) TO halo_cc;
