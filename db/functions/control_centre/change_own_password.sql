CREATE OR REPLACE FUNCTION api.change_own_password(
    p_cc_user_id uuid, p_password_hash text, p_auth_session_id uuid, p_address text)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_user core.control_center_users;
BEGIN
    PERFORM core.require(
        'cc_user_id', p_cc_user_id::text,
        'password_hash', p_password_hash,
        'auth_session_id', p_auth_session_id::text,
        'address', p_address);
    PERFORM core.require_password_hash(p_password_hash);

    -- Lock, and judge again: since the old password was checked, somebody may have switched the
    -- user off or set another password, which ended this login.
    v_user := core.lock_cc_user(p_cc_user_id);
    PERFORM api.require_login(p_cc_user_id, p_auth_session_id);

    -- Write. The old password was right, so its tries from here are forgotten.
    UPDATE core.control_center_users
    SET password_hash = p_password_hash, password_set_by = NULL
    WHERE id = p_cc_user_id;
    PERFORM core.revoke_logins('cc', p_cc_user_id, 'password_set', p_except => p_auth_session_id);
    UPDATE core.login_addresses AS known SET failed_at = '{}'
    WHERE known.email = v_user.email AND known.address = p_address;
    PERFORM core.audit(p_cc_user_id, 'me.password', p_cc_user_id::text, NULL, NULL);
END
$$;

COMMENT ON FUNCTION api.change_own_password(uuid, text, uuid, text) IS $$
A user of the control centre has another password (its argon2id hash) from now on; the caller has
checked the old one, as for a login (api.begin_cc_login), from p_address. All logins of the user end
but p_auth_session_id, the one that asks.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, UNAUTHENTICATED 401 (the login has ended).
Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.change_own_password(uuid, text, uuid, text) TO halo_cc;
