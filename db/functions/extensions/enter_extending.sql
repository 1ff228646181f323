CREATE OR REPLACE FUNCTION core.enter_extending(p_session core.chat_sessions, p_now timestamptz)
RETURNS core.chat_sessions
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    p_session.status := 'extending';
    p_session.paused_at := p_now;
    p_session.closing_ends_at := NULL;
    p_session.closing_cause := NULL;
    RETURN p_session;
END
$$;

COMMENT ON FUNCTION core.enter_extending(core.chat_sessions, timestamptz) IS
'The session paused for the answer to an extension: neither clock nor grace runs.';
