CREATE OR REPLACE FUNCTION api.set_cc_password(
    p_cc_user_id uuid, p_password_hash text, p_actor_id uuid DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_user core.control_center_users;
    v_role core.roles;
BEGIN
    PERFORM core.require('cc_user_id', p_cc_user_id::text, 'password_hash', p_password_hash);
    PERFORM core.require_password_hash(p_password_hash);

    -- Lock, read, judge.
    PERFORM core.lock_rights(p_actor_id, 'control_center_users', 'update');
    v_user := core.lock_cc_user(p_cc_user_id);
    v_role := core.known_role(v_user.role_id);
    PERFORM core.require_super_admin(p_actor_id, v_role.name);
    PERFORM core.require_within_own_rights(p_actor_id, v_role.permissions);
    IF p_cc_user_id = p_actor_id THEN
        PERFORM core.refuse('INVALID_STATE', 'One''s own password is changed with the old one.',
            'Use /internal/me/password.');
    END IF;

    -- Write.
    UPDATE core.control_center_users
    SET password_hash = p_password_hash, password_set_by = p_actor_id
    WHERE id = p_cc_user_id;
    PERFORM core.revoke_logins('cc', p_cc_user_id, 'password_set');
    PERFORM core.audit(
        p_actor_id, 'control_center_user.password', p_cc_user_id::text, NULL, NULL);
END
$$;

COMMENT ON FUNCTION api.set_cc_password(uuid, text, uuid) IS $$
Gives a user of the control centre another password (its argon2id hash) and signs the user out
everywhere. Until the user chooses another one, the user is nobody's second user (password_set_by).
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (the actor's own), UNAUTHENTICATED
401, FORBIDDEN 403 (the actor may not any more, deals with a super_admin without being one, or lacks
a permission of the user). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.set_cc_password(uuid, text, uuid) TO halo_cc;
