CREATE OR REPLACE FUNCTION api.claim_idempotency_key(
    p_user text, p_method text, p_path text, p_key text, p_body_hash bytea)
RETURNS TABLE (status integer, reply jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_former core.idempotency_keys := core.lock_idempotency_key(
        p_user, p_method, p_path, p_key, p_body_hash);
BEGIN
    IF v_former.status IS NOT NULL THEN
        RETURN QUERY SELECT v_former.status, v_former.reply;
    END IF;
END
$$;

COMMENT ON FUNCTION api.claim_idempotency_key(text, text, text, text, bytea) IS $$
Claims an Idempotency-Key until the transaction ends, or returns the reply stored for it in the
last 24 hours (status, reply), to be replayed. Scope: p_user, p_method, p_path. p_body_hash is the
SHA-256 of the body.
Raises: IDEMPOTENCY_IN_PROGRESS 409, IDEMPOTENCY_KEY_REUSED 422, MITRA_DEACTIVATED 403,
VALIDATION_ERROR 422.
Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.claim_idempotency_key(text, text, text, text, bytea)
    TO halo_app, halo_cc;
