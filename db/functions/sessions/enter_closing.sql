CREATE OR REPLACE FUNCTION core.enter_closing(
    p_session core.chat_sessions, p_cause text, p_now timestamptz)
RETURNS core.chat_sessions
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    -- An extension refused before has left its part already.
    p_session.unused_seconds := p_session.unused_seconds
        + floor(core.seconds_left(p_session, p_now));
    p_session.ran_until := least(
        p_session.ran_until, p_session.paused_at, p_session.expires_at, p_now);
    p_session.status := 'closing';
    p_session.expires_at := p_now;
    p_session.paused_at := NULL;
    p_session.closing_ends_at := p_now + core.config_seconds('closure_grace_seconds');
    p_session.closing_cause := p_cause;
    RETURN p_session;
END
$$;

COMMENT ON FUNCTION core.enter_closing(core.chat_sessions, text, timestamptz) IS $$
The session in its last words: they always last closure_grace_seconds in full, and unused_seconds
gains what was left of the clock. ran_until keeps when the clock stopped: at its end, however late
that is written, or at the pause from which it did not run again.
$$;
