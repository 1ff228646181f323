CREATE OR REPLACE FUNCTION core.enter_final(
    p_session core.chat_sessions, p_status text, p_reason text, p_now timestamptz)
RETURNS core.chat_sessions
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    -- Of a closing session nothing is left: it noted its unused seconds when it began to close.
    p_session.unused_seconds := p_session.unused_seconds
        + floor(core.seconds_left(p_session, p_now));
    p_session.status := p_status;
    p_session.paused_at := NULL;
    p_session.end_reason := p_reason;
    p_session.ended_at := p_now;
    RETURN p_session;
END
$$;

COMMENT ON FUNCTION core.enter_final(core.chat_sessions, text, text, timestamptz) IS
'The session as it has ended: completed, cancelled or failed, with its reason.';
