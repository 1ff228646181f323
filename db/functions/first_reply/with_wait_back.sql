CREATE OR REPLACE FUNCTION core.with_wait_back(
    p_session core.chat_sessions, p_wait interval, p_now timestamptz)
RETURNS core.chat_sessions
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    -- A closing session noted its unused seconds when it began to close.
    IF p_session.status = 'closing' THEN
        p_session.unused_seconds :=
            p_session.unused_seconds + floor(extract(epoch FROM p_wait))::integer;
    ELSE
        p_session.expires_at :=
            greatest(p_session.expires_at, coalesce(p_session.paused_at, p_now)) + p_wait;
    END IF;
    RETURN p_session;
END
$$;

COMMENT ON FUNCTION core.with_wait_back(core.chat_sessions, interval, timestamptz) IS $$
The session with the time back in which its mitra did not write (core.unanswered_wait): on its
clock, or, in its last words, among what was not used.
$$;
