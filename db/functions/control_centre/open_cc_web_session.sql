CREATE OR REPLACE FUNCTION api.open_cc_web_session(
    p_cc_user_id uuid, p_token_hash bytea, p_address text)
RETURNS TABLE (refusal text, auth_session_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session uuid;
BEGIN
    PERFORM core.require(
        'cc_user_id', p_cc_user_id::text,
        'token_hash', p_token_hash::text,
        'address', p_address);

    -- Lock and judge again: the user may have been set inactive since the password was checked.
    IF NOT coalesce((SELECT is_active FROM core.lock_account('cc', p_cc_user_id)), false) THEN
        RETURN QUERY SELECT 'UNAUTHENTICATED', NULL::uuid;
        RETURN;
    END IF;

    v_session := core.open_login('cc', p_cc_user_id, p_token_hash, p_kind => 'web');
    PERFORM core.note_cc_login(p_cc_user_id, p_address, v_session);
    RETURN QUERY SELECT NULL, v_session;
END
$$;

COMMENT ON FUNCTION api.open_cc_web_session(uuid, bytea, text) IS $$
Opens a browser's session for a control centre user whose password was right: p_token_hash is the
hash of its cookie. It ends 12 hours later, or after 30 minutes without use (api.cc_web_session), or
with api.logout. As api.open_cc_login otherwise: audited, and an inactive user is returned as
refusal UNAUTHENTICATED.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.open_cc_web_session(uuid, bytea, text) TO halo_cc;
REVOKE EXECUTE ON FUNCTION api.open_cc_web_session(uuid, bytea, text) FROM halo_dba;
