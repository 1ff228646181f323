CREATE OR REPLACE FUNCTION api.require_login(
    p_cc_user_id uuid, p_auth_session_id uuid DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('cc_user_id', p_cc_user_id::text);
    IF NOT EXISTS (
        SELECT FROM core.control_center_users AS cc_user
        WHERE cc_user.id = p_cc_user_id AND cc_user.is_active
            AND (p_auth_session_id IS NULL OR EXISTS (
                SELECT FROM core.auth_sessions AS login
                WHERE login.user_type = 'cc' AND login.user_id = cc_user.id
                    AND login.family = p_auth_session_id AND login.revoked_at IS NULL)))
    THEN
        PERFORM core.refuse('UNAUTHENTICATED', 'This login has ended.', 'Log in again.');
    END IF;
END
$$;

COMMENT ON FUNCTION api.require_login(uuid, uuid) IS $$
Passes while the user of the control centre is active and the login (the access token's sid) was not
ended: by logout, by another password, or because the user was switched off. p_auth_session_id null
= any login.
Raises: VALIDATION_ERROR 422, UNAUTHENTICATED 401. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.require_login(uuid, uuid) TO halo_cc;
