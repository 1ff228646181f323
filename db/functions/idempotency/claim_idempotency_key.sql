CREATE OR REPLACE FUNCTION api.claim_idempotency_key(p_user text, p_method text, p_path text, p_key text, p_body_hash bytea)
RETURNS TABLE (status integer, reply jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_former core.idempotency_keys;
BEGIN
    PERFORM core.require('user', p_user, 'method', p_method, 'path', p_path, 'key', p_key, 'body_hash', p_body_hash::text);
    IF length(p_key) NOT BETWEEN 1 AND 255 THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'An Idempotency-Key has 1 to 255 characters.', 'Use a UUID.', 'Idempotency-Key');
    ELSIF NOT pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', p_user, p_method, p_path, p_key), 0)) THEN
        PERFORM core.refuse('IDEMPOTENCY_IN_PROGRESS', 'The same request is still being worked on.', 'Send it again in a moment.');
    END IF;
    SELECT * INTO v_former FROM core.idempotency_keys AS known
    WHERE known.user_key = p_user AND known.method = p_method AND known.path = p_path AND known.key = p_key
        AND known.created_at > clock_timestamp() - interval '24 hours';
    IF NOT FOUND THEN
        RETURN;
    ELSIF v_former.body_hash <> p_body_hash THEN
        PERFORM core.refuse('IDEMPOTENCY_KEY_REUSED', 'This key was used before with another body.', 'Make a new key for a new request.');
    END IF;
    RETURN QUERY SELECT v_former.status, v_former.reply;
END
$$;

COMMENT ON FUNCTION api.claim_idempotency_key(text, text, text, text, bytea) IS $$
Claims an Idempotency-Key until the transaction ends, or returns the reply stored for it in the last 24 hours (status, reply), to be
replayed. Scope: p_user, p_method, p_path. p_body_hash is the SHA-256 of the body.
Raises: IDEMPOTENCY_IN_PROGRESS 409, IDEMPOTENCY_KEY_REUSED 422, VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.claim_idempotency_key(text, text, text, text, bytea) TO halo_app, halo_cc;
