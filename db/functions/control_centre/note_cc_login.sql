CREATE OR REPLACE FUNCTION core.note_cc_login(
    p_cc_user_id uuid, p_address text, p_auth_session_id uuid)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
INSERT INTO core.login_addresses AS known (email, address, logged_in_at, tried_at)
SELECT cc_user.email, p_address, clock_timestamp(), clock_timestamp()
FROM core.control_center_users AS cc_user WHERE cc_user.id = p_cc_user_id
ON CONFLICT (email, address) DO UPDATE
SET logged_in_at = excluded.logged_in_at, failed_at = '{}';
SELECT core.audit(p_cc_user_id, 'login', p_cc_user_id::text, NULL,
    jsonb_build_object('address', p_address, 'auth_session_id', p_auth_session_id))
$$;

COMMENT ON FUNCTION core.note_cc_login(uuid, text, uuid) IS $$
Writes a login of the control centre into the audit log, and that the user comes from this address:
its failures are forgotten, and failures elsewhere do not slow the user down there any more.
$$;
