CREATE OR REPLACE FUNCTION api.cc_credentials(p_email text)
RETURNS TABLE (cc_user_id uuid, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('email', p_email);
SELECT cc_user.id, cc_user.password_hash
FROM core.control_center_users AS cc_user
WHERE cc_user.email = lower(p_email) AND cc_user.is_active
$$;

COMMENT ON FUNCTION api.cc_credentials(text) IS $$
The argon2id hash to check a control centre login against; no row for an unknown or inactive user.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.cc_credentials(text) TO halo_cc;
REVOKE EXECUTE ON FUNCTION api.cc_credentials(text) FROM halo_dba;
