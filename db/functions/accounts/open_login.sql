CREATE OR REPLACE FUNCTION core.open_login(
    p_user_type text,
    p_user_id uuid,
    p_token_hash bytea,
    p_family uuid DEFAULT NULL,
    p_kind text DEFAULT 'token')
RETURNS uuid
LANGUAGE sql VOLATILE
AS $$
INSERT INTO core.auth_sessions (
    user_type, user_id, family, kind, token_hash, used_at, expires_at)
SELECT
    p_user_type, p_user_id, coalesce(p_family, gen_random_uuid()), p_kind, p_token_hash,
    CASE WHEN p_kind <> 'token' THEN now END,
    now + CASE p_kind WHEN 'web' THEN interval '12 hours' ELSE interval '30 days' END
FROM (SELECT clock_timestamp() AS now) AS clock
RETURNING family
$$;

COMMENT ON FUNCTION core.open_login(text, uuid, bytea, uuid, text) IS $$
Stores a login of p_kind by the hash of its secret: a refresh token, good for 30 days, in a new
family or in the given one; the cookie of a browser of the control centre (web), for 12 hours; that
of a wall screen (display), for 30 days. Returns the family, which is the access token's sid.
$$;
