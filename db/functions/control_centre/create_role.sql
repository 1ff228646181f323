CREATE OR REPLACE FUNCTION api.create_role(
    p_name text, p_permissions jsonb, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_role core.roles;
BEGIN
    PERFORM core.require('name', p_name, 'permissions', p_permissions::text);
    p_name := core.role_name(p_name);
    p_permissions := core.known_permissions(p_permissions);

    -- Lock, judge, write. A name that is in use is found by its key.
    PERFORM core.lock_rights(p_actor_id, 'roles', 'create');
    PERFORM core.require_within_own_rights(p_actor_id, p_permissions);
    INSERT INTO core.roles (name, permissions) VALUES (p_name, p_permissions)
    ON CONFLICT (name) DO NOTHING
    RETURNING * INTO v_role;
    IF v_role.id IS NULL THEN
        PERFORM core.refuse(
            'INVALID_STATE', 'There is a role of this name.', 'Choose another name.', 'name');
    END IF;
    PERFORM core.audit(p_actor_id, 'role.create', v_role.id::text, NULL, core.role_json(v_role));
    RETURN core.role_json(v_role);
END
$$;

COMMENT ON FUNCTION api.create_role(text, jsonb, uuid) IS $$
A new role: p_permissions are {resource: [action, …]}, of those that super_admin has. Returns the
role.
Raises: VALIDATION_ERROR 422 (names a permission that there is not), INVALID_STATE 409 (the name is
in use), UNAUTHENTICATED 401, FORBIDDEN 403 (the actor may not any more, or lacks one of
p_permissions). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.create_role(text, jsonb, uuid) TO halo_cc;
