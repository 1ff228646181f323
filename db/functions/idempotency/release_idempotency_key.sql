CREATE OR REPLACE FUNCTION api.release_idempotency_key(
    p_user text, p_method text, p_path text, p_key text)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('user', p_user, 'method', p_method, 'path', p_path, 'key', p_key);
DELETE FROM core.idempotency_leases
WHERE user_key = p_user AND method = p_method AND path = p_path AND key = p_key
$$;

COMMENT ON FUNCTION api.release_idempotency_key(text, text, text, text) IS $$
Gives a leased key back, because its reply is not kept (401, 429, 5xx).
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.release_idempotency_key(text, text, text, text) TO halo_app, halo_cc;
