CREATE OR REPLACE FUNCTION core.forget_code(p_user_type text, p_phone text)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
DELETE FROM core.otp_challenges
WHERE id IN (
    SELECT challenge.id FROM core.otp_challenges AS challenge
    WHERE challenge.phone = p_phone AND challenge.user_type = p_user_type
    FOR NO KEY UPDATE SKIP LOCKED)
$$;

COMMENT ON FUNCTION core.forget_code(text, text) IS $$
Deletes the code that was sent to a phone, when its account is deleted. A login locks the code
before the account, so this does not wait for a login that is using the code: it deletes nothing
then, and api.prune deletes the code later.
$$;
