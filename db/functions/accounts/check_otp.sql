CREATE OR REPLACE FUNCTION core.check_otp(
    p_phone text, p_user_type text, p_code_hashes bytea[], p_address text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_challenge core.otp_challenges;
    v_is_asker boolean;
    v_tries integer;
BEGIN
    -- Lock, then read again: tries that meet are counted one after the other.
    PERFORM FROM core.otp_challenges WHERE phone = p_phone AND user_type = p_user_type
    FOR NO KEY UPDATE;
    SELECT * INTO v_challenge FROM core.otp_challenges
    WHERE phone = p_phone AND user_type = p_user_type AND expires_at > clock_timestamp();
    v_is_asker := v_challenge.asked_from IS NOT DISTINCT FROM p_address;
    v_tries := CASE WHEN v_is_asker THEN v_challenge.tries ELSE v_challenge.other_tries END;
    IF v_challenge.id IS NULL OR v_tries >= 5 THEN
        RETURN false;
    ELSIF v_challenge.code_hash = ANY (p_code_hashes) THEN
        DELETE FROM core.otp_challenges WHERE id = v_challenge.id;
        RETURN true;
    END IF;
    UPDATE core.otp_challenges
    SET tries = tries + v_is_asker::integer, other_tries = other_tries + (NOT v_is_asker)::integer
    WHERE id = v_challenge.id;
    RETURN false;
END
$$;

COMMENT ON FUNCTION core.check_otp(text, text, bytea[], text) IS $$
Whether this is the code sent to the phone; p_code_hashes are hashes of one code, by the present key
and by older keys. A right code is used up; a wrong code is counted: five tries for the address that
asked for the code (p_address), and five more for all other addresses together, so that a stranger's
guesses do not void the code.
$$;
