CREATE OR REPLACE FUNCTION core.lock_cc_user(p_cc_user_id uuid)
RETURNS core.control_center_users
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_user core.control_center_users;
BEGIN
    SELECT * INTO v_user FROM core.control_center_users WHERE id = p_cc_user_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('control centre user');
    END IF;
    RETURN v_user;
END
$$;

COMMENT ON FUNCTION core.lock_cc_user(uuid) IS $$
Locks a user of the control centre, after core.lock_rights and before the user's logins, and returns
the row as it is now. Raises: NOT_FOUND 404.
$$;
