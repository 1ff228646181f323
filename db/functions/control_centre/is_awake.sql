CREATE OR REPLACE FUNCTION core.is_awake(p_session core.auth_sessions)
RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
SELECT p_session.revoked_at IS NULL
    AND p_session.expires_at > now.moment
    AND CASE p_session.kind
        WHEN 'web' THEN p_session.used_at > now.moment - interval '30 minutes'
        WHEN 'display' THEN core.may(p_session.user_id, 'dashboard', 'read')
        ELSE false END
FROM (SELECT clock_timestamp() AS moment) AS now
$$;

COMMENT ON FUNCTION core.is_awake(core.auth_sessions) IS $$
Whether a browser's session or a display goes on: not revoked, not at its end, and for a browser,
used within the last 30 minutes. A display has nobody in front of it, so it needs no use, but its
user must be allowed to see the figures: it shows nothing else. Never for a refresh token.
$$;
