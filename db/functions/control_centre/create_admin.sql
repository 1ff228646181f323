CREATE OR REPLACE FUNCTION api.create_admin(
    p_email text, p_display_name text, p_password_hash text, p_role text DEFAULT 'super_admin')
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_user core.control_center_users;
    v_role uuid;
BEGIN
    PERFORM core.require(
        'email', p_email,
        'display_name', p_display_name,
        'password_hash', p_password_hash,
        'role', p_role);

    -- Judge what was given. The hash is made by the caller, so that no password comes here.
    p_display_name := core.one_line('display_name', p_display_name, 80);
    p_email := core.one_line('email', p_email, 254);
    SELECT id INTO v_role FROM core.roles WHERE name = p_role;
    IF NOT FOUND THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'There is no role ' || p_role || '.',
            'SELECT name FROM core.roles lists them.', 'role');
    ELSIF p_email !~ '^[^@]+@[^@]+$' OR p_email <> translate(p_email, core.blanks(), '') THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'This is no e-mail address.',
            'Give one such as name@example.com.', 'email');
    ELSIF p_password_hash !~ '^\$argon2id\$' THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'The password must come as an argon2id hash.',
            'Use halobestie create-admin.', 'password_hash');
    END IF;

    -- Write. An address that is in use is found by its key, also when two calls meet.
    INSERT INTO core.control_center_users (email, display_name, role_id, password_hash)
    VALUES (lower(p_email), p_display_name, v_role, p_password_hash)
    ON CONFLICT (email) DO NOTHING
    RETURNING * INTO v_user;
    IF v_user.id IS NULL THEN
        PERFORM core.refuse(
            'INVALID_STATE', 'There is a user with this e-mail address.',
            'Use another address.', 'email');
    END IF;
    PERFORM core.audit(NULL, 'control_center_user.create', v_user.id::text, NULL,
        jsonb_build_object('email', v_user.email, 'role', p_role));
    RETURN jsonb_build_object(
        'id', v_user.id,
        'email', v_user.email,
        'display_name', v_user.display_name,
        'role', p_role);
END
$$;

COMMENT ON FUNCTION api.create_admin(text, text, text, text) IS $$
A new control centre user with a role. Returns {id, email, display_name, role}.
Raises: VALIDATION_ERROR 422, INVALID_STATE 409 (the address is in use). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.create_admin(text, text, text, text) TO halo_cc;
