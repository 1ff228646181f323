CREATE OR REPLACE FUNCTION api.request_otp(
    p_phone text, p_user_type text, p_code_hash bytea, p_address text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require(
        'phone', p_phone,
        'user_type', p_user_type,
        'code_hash', p_code_hash::text,
        'address', p_address);
    IF p_user_type NOT IN ('customer', 'mitra') THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'A code is for a customer or a mitra.',
            'Choose one of them.', 'user_type');
    ELSIF p_phone !~ '^\+[1-9][0-9]{6,14}$' THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'A phone number is written as +6281234567890.',
            'Give it with its country code.', 'phone');
    END IF;

    -- The new code replaces a former one and its counts.
    INSERT INTO core.otp_challenges (phone, user_type, code_hash, asked_from, expires_at)
    VALUES (p_phone, p_user_type, p_code_hash, p_address, clock_timestamp() + interval '5 minutes')
    ON CONFLICT (phone, user_type) DO UPDATE
    SET code_hash = excluded.code_hash, asked_from = excluded.asked_from,
        tries = 0, other_tries = 0,
        created_at = clock_timestamp(), expires_at = excluded.expires_at;
    RETURN p_user_type = 'customer' OR EXISTS (SELECT FROM core.mitras WHERE phone = p_phone);
END
$$;

COMMENT ON FUNCTION api.request_otp(text, text, bytea, text) IS $$
Remembers the code for a phone for 5 minutes, in place of a former code: 5 tries for p_address,
which asks for it, and 5 for all other addresses together. p_code_hash is keyed outside the
database. Returns whether the code should be delivered: not to a mitra that does not exist, of
which nobody outside is told.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.request_otp(text, text, bytea, text) TO halo_app;
