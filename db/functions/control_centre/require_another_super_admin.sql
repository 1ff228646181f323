CREATE OR REPLACE FUNCTION core.require_another_super_admin(p_user core.control_center_users)
RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF p_user.is_active
        AND p_user.role_id = (core.role_called('super_admin')).id
        AND NOT EXISTS (
            SELECT FROM core.control_center_users AS other
            WHERE other.role_id = p_user.role_id AND other.is_active AND other.id <> p_user.id)
    THEN
        PERFORM core.refuse('INVALID_STATE', 'This is the last active super_admin.',
            'Make another one first.');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_another_super_admin(core.control_center_users) IS $$
Under core.lock_rights, before p_user stops being an active super_admin: whether somebody else is
one. Raises: INVALID_STATE 409.
$$;
