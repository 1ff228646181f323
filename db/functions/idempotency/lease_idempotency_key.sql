CREATE OR REPLACE FUNCTION api.lease_idempotency_key(
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
        RETURN;
    END IF;
    INSERT INTO core.idempotency_leases (user_key, method, path, key, body_hash, leased_until)
    VALUES (p_user, p_method, p_path, p_key, p_body_hash, clock_timestamp() + interval '60 seconds')
    ON CONFLICT ON CONSTRAINT idempotency_leases_pkey DO UPDATE
    SET body_hash = excluded.body_hash, leased_until = excluded.leased_until;
END
$$;

COMMENT ON FUNCTION api.lease_idempotency_key(text, text, text, text, bytea) IS $$
As api.claim_idempotency_key, for a request that calls a provider and so spans transactions: the
key is taken for 60 s, beyond this transaction, until api.store_idempotent_reply or
api.release_idempotency_key.
Raises: IDEMPOTENCY_IN_PROGRESS 409, IDEMPOTENCY_KEY_REUSED 422, MITRA_DEACTIVATED 403,
VALIDATION_ERROR 422.
Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.lease_idempotency_key(text, text, text, text, bytea)
    TO halo_app, halo_cc;
