CREATE OR REPLACE FUNCTION api.update_cc_user(
    p_cc_user_id uuid,
    p_display_name text DEFAULT NULL,
    p_role text DEFAULT NULL,
    p_is_active boolean DEFAULT NULL,
    p_version integer DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_user core.control_center_users;
    v_before jsonb;
    v_after jsonb;
    v_role core.roles;
BEGIN
    PERFORM core.require('cc_user_id', p_cc_user_id::text);
    p_display_name := core.one_line('display_name', p_display_name, 80);

    -- Lock, read, judge who may.
    PERFORM core.lock_rights(p_actor_id, 'control_center_users', 'update');
    v_user := core.lock_cc_user(p_cc_user_id);
    v_before := core.cc_user_json(p_cc_user_id);
    PERFORM core.require_version(v_user.email, p_version, v_user.version);
    IF p_role IS NOT NULL THEN
        v_role := core.role_called(p_role);
    END IF;
    PERFORM core.require_super_admin(p_actor_id, v_before ->> 'role', p_role);
    PERFORM core.require_within_own_rights(
        p_actor_id, (core.known_role(v_user.role_id)).permissions, v_role.permissions);

    -- Judge own rights and the last super_admin.
    IF p_cc_user_id = p_actor_id AND (v_role.id <> v_user.role_id OR NOT p_is_active) THEN
        PERFORM core.refuse('INVALID_STATE',
            'Nobody changes their own role or switches themselves off.', 'Ask a colleague.',
            CASE WHEN v_role.id <> v_user.role_id THEN 'role' ELSE 'is_active' END);
    ELSIF v_role.id <> v_user.role_id OR NOT p_is_active THEN
        PERFORM core.require_another_super_admin(v_user);
    END IF;

    -- Write, unless nothing changes. A user who is switched off is signed out everywhere.
    UPDATE core.control_center_users
    SET display_name = coalesce(p_display_name, display_name),
        role_id = coalesce(v_role.id, role_id),
        is_active = coalesce(p_is_active, is_active)
    WHERE id = p_cc_user_id;
    v_after := core.cc_user_json(p_cc_user_id);
    IF NOT p_is_active THEN
        PERFORM core.revoke_logins('cc', p_cc_user_id, 'switched_off');
    END IF;
    IF v_after <> v_before THEN
        PERFORM core.audit(
            p_actor_id, 'control_center_user.update', p_cc_user_id::text, v_before, v_after);
    END IF;
    RETURN v_after;
END
$$;

COMMENT ON FUNCTION api.update_cc_user(uuid, text, text, boolean, integer, uuid) IS $$
Changes a user's name or role, or switches the user off or on again; null leaves it as it is. It is
effective at the user's next request; a user who is switched off is signed out everywhere in the
same transaction. p_version is the version that was read. Returns the user.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, VERSION_MISMATCH 412, INVALID_STATE 409 (the last
active super_admin; the actor's own role or activity), UNAUTHENTICATED 401, FORBIDDEN 403 (the actor
may not any more, deals with a super_admin without being one, or lacks a permission that the user
has or gets). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.update_cc_user(uuid, text, text, boolean, integer, uuid) TO halo_cc;
