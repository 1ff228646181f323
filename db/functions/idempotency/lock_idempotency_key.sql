CREATE OR REPLACE FUNCTION core.lock_idempotency_key(
    p_user text, p_method text, p_path text, p_key text, p_body_hash bytea)
RETURNS core.idempotency_keys
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_mitra_id uuid := substring(p_user FROM '^mitra:([0-9a-f-]{36})$')::uuid;
    v_former core.idempotency_keys;
    v_lease core.idempotency_leases;
BEGIN
    PERFORM core.require(
        'user', p_user,
        'method', p_method,
        'path', p_path,
        'key', p_key,
        'body_hash', p_body_hash::text);

    -- A stored reply is no way past a deactivation.
    PERFORM core.require_active(mitra) FROM core.mitras AS mitra
    WHERE mitra.id = v_mitra_id;

    -- Lock the key's hash, because there may be no row yet. A repeat does not wait for it.
    IF length(p_key) NOT BETWEEN 1 AND 255 THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'An Idempotency-Key has 1 to 255 characters.',
            'Use a UUID.', 'Idempotency-Key');
    ELSIF NOT pg_try_advisory_xact_lock(
        hashtextextended(concat_ws(' ', p_user, p_method, p_path, p_key), 0))
    THEN
        PERFORM core.refuse(
            'IDEMPOTENCY_IN_PROGRESS', 'The same request is still being worked on.',
            'Send it again in a moment.');
    END IF;

    -- Read and judge: a lease is a request of several transactions that has no reply yet.
    SELECT * INTO v_former FROM core.idempotency_keys AS known
    WHERE known.user_key = p_user
        AND known.method = p_method
        AND known.path = p_path
        AND known.key = p_key
        AND known.created_at > clock_timestamp() - interval '24 hours';
    SELECT * INTO v_lease FROM core.idempotency_leases AS known
    WHERE known.user_key = p_user
        AND known.method = p_method
        AND known.path = p_path
        AND known.key = p_key
        AND known.leased_until > clock_timestamp();
    IF coalesce(v_former.body_hash, v_lease.body_hash) <> p_body_hash THEN
        PERFORM core.refuse(
            'IDEMPOTENCY_KEY_REUSED', 'This key was used before with another body.',
            'Make a new key for a new request.');
    ELSIF v_lease.key IS NOT NULL THEN
        PERFORM core.refuse(
            'IDEMPOTENCY_IN_PROGRESS', 'The same request is still being worked on.',
            'Send it again in a moment.');
    END IF;

    -- A reply that is stored already is all of the request.
    IF v_former.status IS NOT NULL AND v_mitra_id IS NOT NULL THEN
        PERFORM core.prove_presence(v_mitra_id);
    END IF;
    RETURN v_former;
END
$$;

COMMENT ON FUNCTION core.lock_idempotency_key(text, text, text, text, bytea) IS $$
Locks an Idempotency-Key until the transaction ends and returns its row of the last 24 hours, if
there is one. When the row has its reply already, the request is a repeat, and a mitra who repeats a
request is there (core.prove_presence). A leased key is still being worked on.
Raises: IDEMPOTENCY_IN_PROGRESS 409, IDEMPOTENCY_KEY_REUSED 422, MITRA_DEACTIVATED 403,
VALIDATION_ERROR 422.
$$;
