CREATE OR REPLACE FUNCTION core.prolonged(
    p_session core.chat_sessions, p_seconds bigint, p_now timestamptz)
RETURNS core.chat_sessions
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    -- A clock that ran out goes on from now, not from its end.
    p_session.expires_at :=
        greatest(p_session.expires_at, coalesce(p_session.paused_at, p_now))
        + make_interval(secs => p_seconds);
    RETURN p_session;
END
$$;

COMMENT ON FUNCTION core.prolonged(core.chat_sessions, bigint, timestamptz) IS
'The session, running or paused, with more seconds on its clock.';
