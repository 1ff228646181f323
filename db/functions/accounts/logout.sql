CREATE OR REPLACE FUNCTION api.logout(p_auth_session_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_login core.auth_sessions;
BEGIN
    PERFORM core.require('auth_session_id', p_auth_session_id::text);
    SELECT * INTO v_login FROM core.auth_sessions WHERE family = p_auth_session_id LIMIT 1;
    IF v_login.kind = 'display' THEN
        PERFORM core.end_display(v_login, v_login.user_id);
    ELSIF v_login.id IS NOT NULL THEN
        PERFORM core.lock_account(v_login.user_type, v_login.user_id);
        PERFORM core.emit(core.revoke_logins(
            v_login.user_type, v_login.user_id, 'logout', p_auth_session_id));
    END IF;
END
$$;

COMMENT ON FUNCTION api.logout(uuid) IS $$
Ends one login (the access token's sid): its refresh tokens are revoked, its sockets ordered
closed. A display is ended as by its user (core.end_display). Repeating it changes nothing.
Raises: VALIDATION_ERROR 422. Notifies: events (signed_out).
$$;
GRANT EXECUTE ON FUNCTION api.logout(uuid) TO halo_app, halo_cc;
