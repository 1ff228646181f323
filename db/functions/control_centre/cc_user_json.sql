CREATE OR REPLACE FUNCTION core.cc_user_json(p_cc_user_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', cc_user.id,
    'email', cc_user.email,
    'display_name', cc_user.display_name,
    'role', role.name,
    'role_id', role.id,
    'is_active', cc_user.is_active,
    'last_login_at', (
        SELECT core.instant(entry.at) FROM core.audit_log AS entry
        WHERE entry.subject = cc_user.id::text AND entry.action = 'login'
        ORDER BY entry.at DESC, entry.id DESC LIMIT 1),
    'version', cc_user.version,
    'created_at', core.instant(cc_user.created_at))
FROM core.control_center_users AS cc_user
JOIN core.roles AS role ON role.id = cc_user.role_id
WHERE cc_user.id = p_cc_user_id
$$;

COMMENT ON FUNCTION core.cc_user_json(uuid) IS $$
A user of the control centre, without the hash of the password.
$$;
