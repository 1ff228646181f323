CREATE OR REPLACE FUNCTION core.lock_account(p_user_type text, p_user_id uuid)
RETURNS TABLE (display_name text, is_active boolean)
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    RETURN QUERY
    SELECT customer.display_name, customer.deleted_at IS NULL FROM core.customers AS customer
    WHERE p_user_type = 'customer' AND customer.id = p_user_id FOR NO KEY UPDATE;
    RETURN QUERY
    SELECT mitra.display_name, mitra.is_active FROM core.mitras AS mitra
    WHERE p_user_type = 'mitra' AND mitra.id = p_user_id FOR NO KEY UPDATE;
    RETURN QUERY
    SELECT cc_user.display_name, cc_user.is_active FROM core.control_center_users AS cc_user
    WHERE p_user_type = 'cc' AND cc_user.id = p_user_id FOR NO KEY UPDATE;
END
$$;

COMMENT ON FUNCTION core.lock_account(text, uuid) IS $$
Locks the account that logs in, before any of its logins is read or written, so that no login slips
past a deactivation.
$$;
