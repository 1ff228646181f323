CREATE OR REPLACE FUNCTION api.delete_role(
    p_role_id uuid, p_version integer DEFAULT NULL, p_actor_id uuid DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_role core.roles;
    v_users bigint;
BEGIN
    PERFORM core.require('role_id', p_role_id::text);

    -- Lock, read, judge. Users of the role count also while they are switched off.
    PERFORM core.lock_rights(p_actor_id, 'roles', 'delete');
    v_role := core.known_role(p_role_id);
    PERFORM core.require_version('The role ' || v_role.name, p_version, v_role.version);
    PERFORM core.require_other_role(v_role, p_actor_id);
    PERFORM core.require_within_own_rights(p_actor_id, v_role.permissions);
    SELECT count(*) INTO v_users FROM core.control_center_users WHERE role_id = p_role_id;
    IF v_users > 0 THEN
        PERFORM core.refuse('INVALID_STATE', format('%s users have this role.', v_users),
            'Give them another role first.');
    END IF;

    DELETE FROM core.roles WHERE id = p_role_id;
    PERFORM core.audit(p_actor_id, 'role.delete', p_role_id::text, core.role_json(v_role), NULL);
END
$$;

COMMENT ON FUNCTION api.delete_role(uuid, integer, uuid) IS $$
Deletes a role that no user has. p_version is the version that was read.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, VERSION_MISMATCH 412, INVALID_STATE 409 (super_admin,
or users have it), UNAUTHENTICATED 401, FORBIDDEN 403 (the actor may not any more, or lacks a
permission of the role). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.delete_role(uuid, integer, uuid) TO halo_cc;
