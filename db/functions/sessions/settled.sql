CREATE OR REPLACE FUNCTION core.settled(p_session core.chat_sessions, p_now timestamptz)
RETURNS core.chat_sessions
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    CASE core.settled_status(p_session, p_now)
        WHEN p_session.status THEN
            RETURN p_session;
        WHEN 'closing' THEN
            RETURN core.enter_closing(p_session, 'expired', p_now);
        ELSE
            RETURN core.enter_final(p_session, 'completed', p_session.closing_cause, p_now);
    END CASE;
END
$$;

COMMENT ON FUNCTION core.settled(core.chat_sessions, timestamptz) IS $$
The session as it stands once its clock or its grace is settled; every judgement starts from this.
The caller saves it, or run_due does.
$$;
