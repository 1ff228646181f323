CREATE OR REPLACE FUNCTION core.display_json(p_display core.auth_sessions)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', p_display.family,
    'name', p_display.label,
    'opened_by', cc_user.display_name,
    'created_at', core.instant(p_display.created_at),
    'used_at', core.instant(p_display.used_at),
    'expires_at', core.instant(p_display.expires_at))
FROM core.control_center_users AS cc_user WHERE cc_user.id = p_display.user_id
$$;

COMMENT ON FUNCTION core.display_json(core.auth_sessions) IS $$
A wall screen: {id, name, opened_by, created_at, used_at, expires_at}.
$$;
