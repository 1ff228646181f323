CREATE OR REPLACE FUNCTION api.refresh_login(p_refresh_hash bytea, p_new_refresh_hash bytea, p_waited interval DEFAULT '0')
RETURNS TABLE (refusal text, user_type text, user_id uuid, display_name text, auth_session_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_asked_at timestamptz := statement_timestamp() - p_waited;
    v_login core.auth_sessions;
    v_account record;
BEGIN
    PERFORM core.require('refresh_hash', p_refresh_hash::text, 'new_refresh_hash', p_new_refresh_hash::text, 'waited', p_waited::text);
    SELECT * INTO v_login FROM core.auth_sessions AS login WHERE login.token_hash = p_refresh_hash;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'UNAUTHENTICATED', NULL, NULL::uuid, NULL, NULL::uuid;
        RETURN;
    END IF;
    SELECT * INTO v_account FROM core.lock_account(v_login.user_type, v_login.user_id);
    PERFORM FROM core.auth_sessions AS login WHERE login.id = v_login.id FOR NO KEY UPDATE;
    SELECT * INTO v_login FROM core.auth_sessions AS login WHERE login.id = v_login.id;
    IF NOT coalesce(v_account.is_active, false) THEN
        RETURN QUERY SELECT CASE v_login.user_type WHEN 'mitra' THEN 'MITRA_DEACTIVATED' ELSE 'UNAUTHENTICATED' END,
            NULL, NULL::uuid, NULL, NULL::uuid;
    ELSIF v_login.revoked_at IS NOT NULL OR v_login.expires_at <= clock_timestamp() THEN
        -- a twin that was already under way when the token was rotated is no thief; anybody later is
        IF v_login.revoked_reason = 'rotated' AND v_asked_at > v_login.revoked_at THEN
            PERFORM core.emit(core.revoke_logins(v_login.user_type, v_login.user_id, 'reused', v_login.family));
        END IF;
        RETURN QUERY SELECT 'UNAUTHENTICATED', NULL, NULL::uuid, NULL, NULL::uuid;
    ELSE
        UPDATE core.auth_sessions AS login SET revoked_at = clock_timestamp(), revoked_reason = 'rotated' WHERE login.id = v_login.id;
        RETURN QUERY SELECT NULL, v_login.user_type, v_login.user_id, v_account.display_name,
            core.open_login(v_login.user_type, v_login.user_id, p_new_refresh_hash, v_login.family);
    END IF;
END
$$;

COMMENT ON FUNCTION api.refresh_login(bytea, bytea, interval) IS $$
Rotates a refresh token. A rotated one that is used again revokes its whole family, unless the request was made before the rotation
(p_waited: how long ago it arrived), as when an app asks twice at once. Refusals must be written down, so they are returned, not raised:
UNAUTHENTICATED or MITRA_DEACTIVATED. Returns the login.
Raises: VALIDATION_ERROR 422. Notifies: events (signed_out), when a family is revoked.
$$;
GRANT EXECUTE ON FUNCTION api.refresh_login(bytea, bytea, interval) TO halo_app, halo_cc;
