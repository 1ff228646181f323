CREATE OR REPLACE FUNCTION api.open_cc_login(
    p_cc_user_id uuid, p_refresh_hash bytea, p_address text)
RETURNS TABLE (refusal text, user_type text, user_id uuid, display_name text, auth_session_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_account record;
    v_family uuid;
BEGIN
    PERFORM core.require(
        'cc_user_id', p_cc_user_id::text,
        'refresh_hash', p_refresh_hash::text,
        'address', p_address);

    -- Lock and judge again: the user may have been set inactive since the password was checked.
    SELECT * INTO v_account FROM core.lock_account('cc', p_cc_user_id);
    IF NOT coalesce(v_account.is_active, false) THEN
        RETURN QUERY SELECT 'UNAUTHENTICATED', NULL, NULL::uuid, NULL, NULL::uuid;
        RETURN;
    END IF;

    v_family := core.open_login('cc', p_cc_user_id, p_refresh_hash);
    PERFORM core.note_cc_login(p_cc_user_id, p_address, v_family);
    RETURN QUERY SELECT NULL, 'cc', p_cc_user_id, v_account.display_name, v_family;
END
$$;

COMMENT ON FUNCTION api.open_cc_login(uuid, bytea, text) IS $$
Opens a login for a control centre user whose password was right, writes it into the audit log, and
forgets the failures of p_address, where the user logs in. An inactive user is returned as refusal
UNAUTHENTICATED.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.open_cc_login(uuid, bytea, text) TO halo_cc;
REVOKE EXECUTE ON FUNCTION api.open_cc_login(uuid, bytea, text) FROM halo_dba;
