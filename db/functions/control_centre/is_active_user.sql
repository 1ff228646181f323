CREATE OR REPLACE FUNCTION core.is_active_user(p_cc_user_id uuid)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT FROM core.control_center_users WHERE id = p_cc_user_id AND is_active)
$$;

COMMENT ON FUNCTION core.is_active_user(uuid) IS
'Whether this control centre user is there and active; false for null.';
