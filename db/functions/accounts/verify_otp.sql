CREATE OR REPLACE FUNCTION api.verify_otp(
    p_phone text,
    p_user_type text,
    p_code_hash bytea,
    p_refresh_hash bytea,
    p_address text,
    p_anonymous_customer_id uuid DEFAULT NULL,
    p_old_code_hashes bytea[] DEFAULT '{}')
RETURNS TABLE (refusal text, user_type text, user_id uuid, display_name text, auth_session_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_id uuid;
    v_account record;
    v_events core.event[];
BEGIN
    PERFORM core.require(
        'phone', p_phone,
        'user_type', p_user_type,
        'code_hash', p_code_hash::text,
        'refresh_hash', p_refresh_hash::text,
        'address', p_address,
        'old_code_hashes', p_old_code_hashes::text);

    -- Lock the customers first, as a call that merges or deletes a customer does; then judge the
    -- code.
    PERFORM FROM core.customers
    WHERE p_user_type = 'customer' AND (id = p_anonymous_customer_id OR phone = p_phone)
    ORDER BY id FOR NO KEY UPDATE;
    IF NOT core.check_otp(p_phone, p_user_type, p_code_hash || p_old_code_hashes, p_address) THEN
        RETURN QUERY SELECT 'OTP_INVALID', NULL, NULL::uuid, NULL, NULL::uuid;
        RETURN;
    END IF;

    -- Find the account of the phone, lock it, write the login, tell.
    IF p_user_type = 'mitra' THEN
        SELECT mitra.id INTO v_id FROM core.mitras AS mitra WHERE mitra.phone = p_phone;
    ELSE
        SELECT found.customer_id, found.events INTO v_id, v_events
        FROM core.phone_owner(p_phone, p_anonymous_customer_id) AS found;
    END IF;
    SELECT * INTO v_account FROM core.lock_account(p_user_type, v_id);
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'OTP_INVALID', NULL, NULL::uuid, NULL, NULL::uuid;
    ELSIF NOT v_account.is_active THEN
        RETURN QUERY SELECT 'MITRA_DEACTIVATED', NULL, NULL::uuid, NULL, NULL::uuid;
    ELSE
        PERFORM core.emit(v_events);
        RETURN QUERY
        SELECT NULL, p_user_type, v_id, v_account.display_name,
            core.open_login(p_user_type, v_id, p_refresh_hash);
    END IF;
END
$$;

COMMENT ON FUNCTION api.verify_otp(text, text, bytea, bytea, text, uuid, bytea[]) IS $$
Logs in by phone and code. An unknown phone of a customer makes the account, or goes to the
anonymous customer who asks. A phone that another customer owns logs in as the owner, and cancels
the anonymous customer's open payment links. p_address is where the request came from.
p_old_code_hashes are hashes of the same code by keys used before: a code that was sent before the
key changed is still right. A wrong code must be counted, so it is returned as refusal, not raised:
OTP_INVALID (wrong, too old, tried 5 times by the address that asked for it or 5 times by others, or
no such mitra) or MITRA_DEACTIVATED. Returns the login.
Raises: VALIDATION_ERROR 422, SESSION_ALREADY_OPEN 409 (the anonymous customer has an open session
or money held, due or in the balance, and the phone is another's).
Notifies: events (payment_updated; session_ended, when a session past its grace is settled first;
offer_cancelled), pairing and mitra_mirror, by blocks and reports of merged accounts; deadlines.
$$;
GRANT EXECUTE ON FUNCTION api.verify_otp(text, text, bytea, bytea, text, uuid, bytea[]) TO halo_app;
