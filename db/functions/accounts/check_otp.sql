CREATE OR REPLACE FUNCTION core.check_otp(p_phone text, p_user_type text, p_code_hash bytea)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_challenge core.otp_challenges;
BEGIN
    PERFORM FROM core.otp_challenges WHERE phone = p_phone AND user_type = p_user_type FOR UPDATE;
    UPDATE core.otp_challenges SET tries = tries + 1
    WHERE phone = p_phone AND user_type = p_user_type AND tries < 5 AND expires_at > clock_timestamp()
    RETURNING * INTO v_challenge;
    IF v_challenge.code_hash IS DISTINCT FROM p_code_hash THEN
        RETURN false;
    END IF;
    DELETE FROM core.otp_challenges WHERE id = v_challenge.id;
    RETURN true;
END
$$;

COMMENT ON FUNCTION core.check_otp(text, text, bytea) IS 'Whether this is the code sent to the phone; counts the try, and uses a right code up.';
