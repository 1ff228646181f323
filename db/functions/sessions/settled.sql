CREATE OR REPLACE FUNCTION core.settled(p_session core.chat_sessions, p_now timestamptz)
RETURNS core.chat_sessions
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF p_session.status = 'active' AND p_session.expires_at <= p_now THEN
        RETURN core.enter_closing(p_session, 'expired', p_now);
    ELSIF p_session.status = 'closing' AND p_session.closing_ends_at <= p_now THEN
        RETURN core.enter_final(p_session, 'completed', p_session.closing_cause, p_now);
    END IF;
    RETURN p_session;
END
$$;

COMMENT ON FUNCTION core.settled(core.chat_sessions, timestamptz) IS
'The session as it stands once its clock or its grace is settled; every judgement starts from this. Saving it is the caller''s, or run_due''s.';
