CREATE OR REPLACE FUNCTION core.require_super_admin(p_actor_id uuid, VARIADIC p_roles text[])
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF p_actor_id IS NOT NULL AND 'super_admin' = ANY (p_roles) AND NOT EXISTS (
        SELECT FROM core.control_center_users AS cc_user
        JOIN core.roles AS role ON role.id = cc_user.role_id
        WHERE cc_user.id = p_actor_id AND role.name = 'super_admin')
    THEN
        PERFORM core.refuse('FORBIDDEN', 'Only a super_admin makes or changes a super_admin.',
            'Ask one of them.');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_super_admin(uuid, text[]) IS $$
Under core.lock_rights: whether the actor may deal with a user who has, or gets, one of p_roles, so
that nobody becomes super_admin by another user's account. null is a DBA, who may.
Raises: FORBIDDEN 403.
$$;
