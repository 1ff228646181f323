CREATE OR REPLACE FUNCTION core.make_cc_user(
    p_email text, p_display_name text, p_role text, p_password_hash text, p_actor_id uuid)
RETURNS uuid
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_id uuid;
    v_role core.roles;
BEGIN
    -- Judge what was given.
    v_role := core.role_called(p_role);
    p_display_name := core.one_line('display_name', p_display_name, 80);
    p_email := lower(core.one_line('email', p_email, 254));
    IF p_email !~ '^[^@]+@[^@]+$' OR p_email <> translate(p_email, core.blanks(), '') THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'This is no e-mail address.',
            'Give one such as name@example.com.', 'email');
    END IF;
    PERFORM core.require_password_hash(p_password_hash);

    -- Write. An address that is in use is found by its key.
    INSERT INTO core.control_center_users (
        email, display_name, role_id, password_hash)
    VALUES (p_email, p_display_name, v_role.id, p_password_hash)
    ON CONFLICT (email) DO NOTHING
    RETURNING id INTO v_id;
    IF v_id IS NULL THEN
        PERFORM core.refuse(
            'INVALID_STATE', 'There is a user with this e-mail address.',
            'Use another address.', 'email');
    END IF;
    PERFORM core.audit(p_actor_id, 'control_center_user.create', v_id::text, NULL,
        core.cc_user_json(v_id));
    RETURN v_id;
END
$$;

COMMENT ON FUNCTION core.make_cc_user(text, text, text, text, uuid) IS $$
Under core.lock_roles: makes a user of the control centre, and returns the id.
Raises: VALIDATION_ERROR 422, INVALID_STATE 409 (the address is in use).
$$;
