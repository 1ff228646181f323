CREATE OR REPLACE FUNCTION api.update_role(
    p_role_id uuid,
    p_name text DEFAULT NULL,
    p_permissions jsonb DEFAULT NULL,
    p_version integer DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before core.roles;
    v_role core.roles;
BEGIN
    PERFORM core.require('role_id', p_role_id::text);
    p_name := core.role_name(p_name);
    p_permissions := core.known_permissions(p_permissions);

    -- Lock, read, judge.
    PERFORM core.lock_rights(p_actor_id, 'roles', 'update');
    v_before := core.known_role(p_role_id);
    PERFORM core.require_version('The role ' || v_before.name, p_version, v_before.version);
    PERFORM core.require_other_role(v_before, p_actor_id);
    PERFORM core.require_within_own_rights(p_actor_id, v_before.permissions, p_permissions);
    IF EXISTS (SELECT FROM core.roles WHERE name = p_name AND id <> p_role_id) THEN
        PERFORM core.refuse(
            'INVALID_STATE', 'There is a role of this name.', 'Choose another name.', 'name');
    END IF;

    -- Write, unless nothing changes.
    UPDATE core.roles
    SET name = coalesce(p_name, name), permissions = coalesce(p_permissions, permissions)
    WHERE id = p_role_id
    RETURNING * INTO v_role;
    IF v_role.version <> v_before.version THEN
        PERFORM core.audit(p_actor_id, 'role.update', p_role_id::text,
            core.role_json(v_before), core.role_json(v_role));
    END IF;
    RETURN core.role_json(v_role);
END
$$;

COMMENT ON FUNCTION api.update_role(uuid, text, jsonb, integer, uuid) IS $$
Changes a role's name, or all its permissions; null leaves them as they are. It is effective at the
next request of each user of the role. p_version is the version that was read. Returns the role.
Raises: VALIDATION_ERROR 422 (names a permission that there is not), NOT_FOUND 404, VERSION_MISMATCH
412, INVALID_STATE 409 (super_admin, the actor's own role, or a name in use), UNAUTHENTICATED 401,
FORBIDDEN 403 (the actor may not any more, or lacks a permission that the role has or gets).
Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.update_role(uuid, text, jsonb, integer, uuid) TO halo_cc;
