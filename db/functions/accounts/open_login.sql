CREATE OR REPLACE FUNCTION core.open_login(
    p_user_type text, p_user_id uuid, p_refresh_hash bytea, p_family uuid DEFAULT NULL)
RETURNS uuid
LANGUAGE sql VOLATILE
AS $$
INSERT INTO core.auth_sessions (user_type, user_id, family, token_hash, expires_at)
VALUES (
    p_user_type, p_user_id, coalesce(p_family, gen_random_uuid()), p_refresh_hash,
    clock_timestamp() + interval '30 days')
RETURNING family
$$;

COMMENT ON FUNCTION core.open_login(text, uuid, bytea, uuid) IS $$
Stores a refresh token (its hash), good for 30 days, in a new login or in the given family. Returns
the family, which is the access token's sid.
$$;
