CREATE OR REPLACE FUNCTION api.refresh_login(
    p_refresh_hash bytea,
    p_generation integer,
    p_successor_hash bytea,
    p_user_types text[] DEFAULT NULL)
RETURNS TABLE (
    refusal text,
    user_type text,
    user_id uuid,
    display_name text,
    auth_session_id uuid,
    generation integer,
    successor_hash bytea
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_login core.auth_sessions;
    v_successor core.auth_sessions;
    v_account record;
    v_is_alive boolean;
    v_now timestamptz;
BEGIN
    -- Find: nothing is locked yet, so nothing that is read here is judged.
    PERFORM core.require(
        'refresh_hash', p_refresh_hash::text,
        'generation', p_generation::text,
        'successor_hash', p_successor_hash::text);
    SELECT * INTO v_login FROM core.auth_sessions AS login
    WHERE login.token_hash = p_refresh_hash
        AND login.kind = 'token'
        AND (p_user_types IS NULL OR login.user_type = ANY (p_user_types));
    IF NOT FOUND THEN
        refusal := 'UNAUTHENTICATED';
        RETURN NEXT;
        RETURN;
    END IF;

    -- Lock the account: every writer of a login holds its account, so this covers the whole family.
    SELECT * INTO v_account FROM core.lock_account(v_login.user_type, v_login.user_id);

    -- Read again, and the clock.
    v_now := clock_timestamp();
    SELECT * INTO v_login FROM core.auth_sessions AS login WHERE login.id = v_login.id;
    SELECT * INTO v_successor FROM core.auth_sessions AS login
    WHERE login.token_hash = v_login.successor_hash;
    v_is_alive := EXISTS (
        SELECT FROM core.auth_sessions AS login
        WHERE login.user_type = v_login.user_type AND login.user_id = v_login.user_id
            AND login.family = v_login.family AND login.revoked_at IS NULL);

    -- Judge: which generation of its successor does this token get?
    IF NOT coalesce(v_account.is_active, false) THEN
        refusal := CASE v_login.user_type
            WHEN 'mitra' THEN 'MITRA_DEACTIVATED' ELSE 'UNAUTHENTICATED' END;
    ELSIF NOT v_is_alive OR v_login.expires_at <= v_now THEN
        refusal := 'UNAUTHENTICATED';
    ELSIF v_login.revoked_at IS NULL THEN
        generation := 1;
    ELSIF v_now < v_login.refreshed_at + core.config_seconds('refresh_reuse_seconds') THEN
        generation := v_login.generation;           -- asked twice, or the answer was lost
        successor_hash := v_login.successor_hash;
    ELSIF v_successor.id IS NOT NULL AND v_successor.revoked_at IS NULL THEN
        generation := v_login.generation + 1;       -- the answer was lost, its token never used
    ELSE
        refusal := 'UNAUTHENTICATED';               -- somebody has a copy
        PERFORM core.emit(
            core.revoke_logins(v_login.user_type, v_login.user_id, 'reused', v_login.family));
    END IF;

    -- Write a new generation, if the caller brought it; it replaces a successor never used.
    IF refusal IS NULL AND successor_hash IS NULL AND generation = p_generation THEN
        UPDATE core.auth_sessions AS login
        SET revoked_at = coalesce(login.revoked_at, v_now), revoked_reason = 'rotated',
            generation = p_generation, refreshed_at = v_now, successor_hash = p_successor_hash
        WHERE login.id = v_login.id;
        UPDATE core.auth_sessions AS login SET revoked_at = v_now, revoked_reason = 'replaced'
        WHERE login.id = v_successor.id;
        PERFORM core.open_login(
            v_login.user_type, v_login.user_id, p_successor_hash, v_login.family);
        successor_hash := p_successor_hash;
    END IF;

    -- Tell.
    IF refusal IS NULL THEN
        user_type := v_login.user_type;
        user_id := v_login.user_id;
        display_name := v_account.display_name;
        auth_session_id := v_login.family;
    END IF;
    RETURN NEXT;
END
$$;

COMMENT ON FUNCTION api.refresh_login(bytea, integer, bytea, text[]) IS $$
Exchanges a refresh token for its successor. The caller derives generation 1, 2, … of a token's
successor from the token and a secret, and brings one of them: p_generation and its hash. Returns
the login, with the generation that is due and the hash of the successor. A null hash means that
another generation is due than p_generation: nothing was changed, bring the generation that is due.

A token that comes again within refresh_reuse_seconds gets the same generation, whose hash may come
from another secret than the caller's. Later, as long as its successor was never refreshed, the
next generation replaces it. Any other token that comes again revokes its whole family: its
successor was refreshed, or it was itself replaced, or its successor is not known. p_user_types:
the types of users whose tokens count; null = all. Refusals must be written down, so they are
returned, not raised: UNAUTHENTICATED or MITRA_DEACTIVATED.
Raises: VALIDATION_ERROR 422. Notifies: events (signed_out), when a family is revoked.
$$;
GRANT EXECUTE ON FUNCTION api.refresh_login(bytea, integer, bytea, text[]) TO halo_app, halo_cc;
