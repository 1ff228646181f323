CREATE OR REPLACE FUNCTION api.begin_cc_login(p_email text, p_address text)
RETURNS TABLE (refusal text, retry_after_seconds integer, cc_user_id uuid, password_hash text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_email text := lower(p_email);
    v_from core.login_addresses;
    v_failures timestamptz[];
    v_now timestamptz;
    v_again_at timestamptz;
BEGIN
    PERFORM core.require('email', p_email, 'address', p_address);

    -- Lock: the tries of one address with one e-mail address are judged one after the other.
    INSERT INTO core.login_addresses (email, address, tried_at)
    VALUES (v_email, p_address, '-infinity')
    ON CONFLICT DO NOTHING;
    PERFORM FROM core.login_addresses AS known
    WHERE known.email = v_email AND known.address = p_address FOR NO KEY UPDATE;

    -- Read again, and the clock.
    v_now := clock_timestamp();
    SELECT * INTO v_from FROM core.login_addresses AS known
    WHERE known.email = v_email AND known.address = p_address;
    v_failures := ARRAY(
        SELECT failure FROM unnest(v_from.failed_at) AS failure
        WHERE failure > v_now - interval '1 hour' ORDER BY failure DESC);

    -- Judge: five failures from here in 15 minutes close this address out; 20 from anywhere in an
    -- hour slow it down, unless it logged in before.
    IF v_failures[5] > v_now - interval '15 minutes' THEN
        v_again_at := v_failures[5] + interval '15 minutes';
    ELSIF v_from.logged_in_at IS NULL AND v_from.tried_at > v_now - interval '30 seconds' AND (
        SELECT count(*) FROM core.login_addresses AS known, unnest(known.failed_at) AS failure
        WHERE known.email = v_email AND failure > v_now - interval '1 hour') >= 20
    THEN
        v_again_at := v_from.tried_at + interval '30 seconds';
    END IF;
    IF v_again_at IS NOT NULL THEN
        RETURN QUERY SELECT 'RATE_LIMITED', ceil(extract(epoch FROM v_again_at - v_now))::integer,
            NULL::uuid, NULL;
        RETURN;
    END IF;

    -- Write: a try counts as a failure until it is known to be right, so that tries at the same
    -- moment count, too.
    UPDATE core.login_addresses AS known SET tried_at = v_now, failed_at = v_now || v_failures
    WHERE known.email = v_email AND known.address = p_address;

    -- Return a row for an unknown user, too: the caller checks a hash of nobody then, so that the
    -- time of its answer does not tell who is a user.
    RETURN QUERY
    SELECT NULL, NULL::integer, found.cc_user_id, found.password_hash
    FROM (VALUES (true)) AS one (row) LEFT JOIN api.cc_credentials(v_email) AS found ON true;
END
$$;

COMMENT ON FUNCTION api.begin_cc_login(text, text) IS $$
Somebody at p_address tries to log in to the control centre as p_email. Returns the argon2id hash
to check the password against; null for an unknown or inactive user, whose tries count as well. The
refusal is RATE_LIMITED, with the seconds to wait, after five failures of this address with this
e-mail address in 15 minutes; and, with one try every 30 s allowed, while 20 tries of all addresses
failed within the hour and no login with it from this address is kept (core.prunings). The try
counts as failed until api.open_cc_login.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.begin_cc_login(text, text) TO halo_cc;
REVOKE EXECUTE ON FUNCTION api.begin_cc_login(text, text) FROM halo_dba;
