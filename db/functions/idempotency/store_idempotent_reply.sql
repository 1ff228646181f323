CREATE OR REPLACE FUNCTION api.store_idempotent_reply(
    p_user text,
    p_method text,
    p_path text,
    p_key text,
    p_body_hash bytea,
    p_status integer,
    p_reply jsonb)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require(
    'user', p_user,
    'method', p_method,
    'path', p_path,
    'key', p_key,
    'body_hash', p_body_hash::text,
    'status', p_status::text);
INSERT INTO core.idempotency_keys (user_key, method, path, key, body_hash, status, reply)
VALUES (p_user, p_method, p_path, p_key, p_body_hash, p_status, p_reply)
ON CONFLICT (user_key, method, path, key) DO UPDATE
SET body_hash = excluded.body_hash, status = excluded.status, reply = excluded.reply,
    created_at = clock_timestamp();
SELECT api.release_idempotency_key(p_user, p_method, p_path, p_key)
$$;

COMMENT ON FUNCTION api.store_idempotent_reply(text, text, text, text, bytea, integer, jsonb) IS $$
Keeps the reply of a claimed or leased key for 24 hours (p_reply null = a reply without a body).
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.store_idempotent_reply(text, text, text, text, bytea, integer, jsonb)
    TO halo_app, halo_cc;
