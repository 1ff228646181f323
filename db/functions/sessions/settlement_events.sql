CREATE OR REPLACE FUNCTION core.settlement_events(p_session core.chat_sessions)
RETURNS core.event[]
LANGUAGE sql VOLATILE
AS $$
SELECT core.to_both(p_session,
    CASE p_session.status WHEN 'closing' THEN 'session_closing' ELSE 'session_ended' END,
    core.session_frame(p_session))
$$;

COMMENT ON FUNCTION core.settlement_events(core.chat_sessions) IS
'What both parties are told when a session begins to close, or has ended.';
