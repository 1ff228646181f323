CREATE OR REPLACE FUNCTION api.open_cc_login(p_cc_user_id uuid, p_refresh_hash bytea)
RETURNS TABLE (refusal text, user_type text, user_id uuid, display_name text, auth_session_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_account record;
BEGIN
    PERFORM core.require('cc_user_id', p_cc_user_id::text, 'refresh_hash', p_refresh_hash::text);
    SELECT * INTO v_account FROM core.lock_account('cc', p_cc_user_id);
    IF NOT coalesce(v_account.is_active, false) THEN
        RETURN QUERY SELECT 'UNAUTHENTICATED', NULL, NULL::uuid, NULL, NULL::uuid;
    ELSE
        RETURN QUERY SELECT NULL, 'cc', p_cc_user_id, v_account.display_name, core.open_login('cc', p_cc_user_id, p_refresh_hash);
    END IF;
END
$$;

COMMENT ON FUNCTION api.open_cc_login(uuid, bytea) IS $$
Opens a login for a control centre user whose password was right. An inactive user is returned as refusal UNAUTHENTICATED.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.open_cc_login(uuid, bytea) TO halo_cc;
