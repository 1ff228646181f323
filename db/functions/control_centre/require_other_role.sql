CREATE OR REPLACE FUNCTION core.require_other_role(p_role core.roles, p_actor_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF p_role.name = 'super_admin' THEN
        PERFORM core.refuse('INVALID_STATE', 'The role super_admin always has every permission.',
            'Make another role.');
    ELSIF EXISTS (
        SELECT FROM core.control_center_users AS cc_user
        WHERE cc_user.id = p_actor_id AND cc_user.role_id = p_role.id)
    THEN
        PERFORM core.refuse('INVALID_STATE', 'Nobody changes the role that they have themselves.',
            'Ask somebody with another role.');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_other_role(core.roles, uuid) IS $$
Under core.lock_rights: whether the actor may change or delete this role at all.
Raises: INVALID_STATE 409 for super_admin, and for the actor's own role.
$$;
