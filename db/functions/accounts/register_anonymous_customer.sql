CREATE OR REPLACE FUNCTION api.register_anonymous_customer(p_refresh_hash bytea)
RETURNS TABLE (refusal text, user_type text, user_id uuid, display_name text, auth_session_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_id uuid;
BEGIN
    PERFORM core.require('refresh_hash', p_refresh_hash::text);
    INSERT INTO core.customers DEFAULT VALUES RETURNING id INTO v_id;
    RETURN QUERY
    SELECT NULL, 'customer', v_id, NULL, core.open_login('customer', v_id, p_refresh_hash);
END
$$;

COMMENT ON FUNCTION api.register_anonymous_customer(bytea) IS $$
A new anonymous customer and its login. p_refresh_hash is the SHA-256 of the refresh token. Returns
the login.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.register_anonymous_customer(bytea) TO halo_app;
