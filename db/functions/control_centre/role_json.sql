CREATE OR REPLACE FUNCTION core.role_json(p_role core.roles)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', p_role.id,
    'name', p_role.name,
    'permissions', p_role.permissions,
    'users', (
        SELECT count(*) FROM core.control_center_users AS cc_user
        WHERE cc_user.role_id = p_role.id),
    'version', p_role.version,
    'created_at', core.instant(p_role.created_at))
$$;

COMMENT ON FUNCTION core.role_json(core.roles) IS 'A role, with how many users have it.';
