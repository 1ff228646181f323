CREATE OR REPLACE FUNCTION core.revoke_logins(
    p_user_type text, p_user_id uuid, p_reason text, p_family uuid DEFAULT NULL,
    p_except uuid DEFAULT NULL)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_families uuid[];
BEGIN
    -- Lock by id, then revoke.
    PERFORM FROM core.auth_sessions
    WHERE user_type = p_user_type
        AND user_id = p_user_id
        AND revoked_at IS NULL
        AND family = coalesce(p_family, family)
        AND family IS DISTINCT FROM p_except
    ORDER BY id FOR NO KEY UPDATE;
    WITH revoked AS (
        UPDATE core.auth_sessions SET revoked_at = clock_timestamp(), revoked_reason = p_reason
        WHERE user_type = p_user_type
            AND user_id = p_user_id
            AND revoked_at IS NULL
            AND family = coalesce(p_family, family)
            AND family IS DISTINCT FROM p_except
        RETURNING family
    )
    SELECT array_agg(DISTINCT family) INTO v_families FROM revoked;

    -- Tell. An operator has no socket to close.
    IF v_families IS NULL OR p_user_type = 'cc' THEN
        RETURN ARRAY[]::core.event[];
    END IF;
    RETURN ARRAY[ROW(p_user_type || ':' || p_user_id, 'signed_out',
        jsonb_build_object('auth_session_ids', v_families, 'reason', p_reason))::core.event];
END
$$;

COMMENT ON FUNCTION core.revoke_logins(text, uuid, text, uuid, uuid) IS $$
Revokes a user's logins, or one family of them, or all but p_except, and returns the order to close
their sockets (signed_out) for the caller to emit.
$$;
