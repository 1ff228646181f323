CREATE OR REPLACE FUNCTION api.fail_cc_login(p_email text, p_address text)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('email', p_email, 'address', p_address);
    PERFORM core.audit(
        NULL, 'login.failed', lower(p_email), NULL, jsonb_build_object('address', p_address));
END
$$;

COMMENT ON FUNCTION api.fail_cc_login(text, text) IS $$
Writes a failed login to the control centre into the audit log; api.begin_cc_login has counted it.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.fail_cc_login(text, text) TO halo_cc;
