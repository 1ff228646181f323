CREATE OR REPLACE FUNCTION core.may(p_cc_user_id uuid, p_resource text, p_action text)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT FROM core.control_center_users AS cc_user
    JOIN core.roles AS role ON role.id = cc_user.role_id
    WHERE cc_user.id = p_cc_user_id
        AND cc_user.is_active
        AND role.permissions -> p_resource ? p_action
)
$$;

COMMENT ON FUNCTION core.may(uuid, text, text) IS $$
Whether a control centre user is active and its role allows p_action on p_resource.
$$;
