CREATE OR REPLACE FUNCTION core.enter_active(p_session core.chat_sessions, p_now timestamptz)
RETURNS core.chat_sessions
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    p_session.status := 'active';
    p_session.expires_at := p_now
        + coalesce(p_session.remaining, make_interval(mins => p_session.duration_minutes));
    IF p_session.started_at IS NULL THEN
        p_session.started_at := p_now;
        p_session.mitra_share_percent := core.mitra_share_percent(p_session.mitra_id);
    END IF;
    p_session.remaining := NULL;
    p_session.pairing_deadline := NULL;
    RETURN p_session;
END
$$;

COMMENT ON FUNCTION core.enter_active(core.chat_sessions, timestamptz) IS $$
The session with its clock started: with the minutes bought, or with what a reroute left of them.
When it starts for the first time, its mitras' share is that of this moment and this mitra.
$$;
