CREATE OR REPLACE FUNCTION api.delete_cc_user(
    p_cc_user_id uuid, p_version integer DEFAULT NULL, p_actor_id uuid DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_user core.control_center_users;
    v_before jsonb;
BEGIN
    PERFORM core.require('cc_user_id', p_cc_user_id::text);

    -- Lock, read, judge. A login is in the audit log, too.
    PERFORM core.lock_rights(p_actor_id, 'control_center_users', 'delete');
    v_user := core.lock_cc_user(p_cc_user_id);
    v_before := core.cc_user_json(p_cc_user_id);
    PERFORM core.require_version(v_user.email, p_version, v_user.version);
    PERFORM core.require_super_admin(p_actor_id, v_before ->> 'role');
    PERFORM core.require_within_own_rights(
        p_actor_id, (core.known_role(v_user.role_id)).permissions);
    PERFORM core.require_another_super_admin(v_user);
    IF EXISTS (SELECT FROM core.audit_log WHERE actor = core.actor(p_cc_user_id)) THEN
        PERFORM core.refuse('INVALID_STATE',
            'This user has logged in or acted, and stays in the history.',
            'Switch the user off.');
    END IF;

    PERFORM core.revoke_logins('cc', p_cc_user_id, 'deleted');
    DELETE FROM core.control_center_users WHERE id = p_cc_user_id;
    PERFORM core.audit(
        p_actor_id, 'control_center_user.delete', p_cc_user_id::text, v_before, NULL);
END
$$;

COMMENT ON FUNCTION api.delete_cc_user(uuid, integer, uuid) IS $$
Deletes a user of the control centre who never logged in and never acted: made by mistake. p_version
is the version that was read.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, VERSION_MISMATCH 412, INVALID_STATE 409 (the user has
logged in or acted, or is the last active super_admin), UNAUTHENTICATED 401, FORBIDDEN 403 (the
actor may not any more, deals with a super_admin without being one, or lacks a permission of the
user). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.delete_cc_user(uuid, integer, uuid) TO halo_cc;
