CREATE OR REPLACE FUNCTION core.settlement_events(p_sessions core.chat_sessions[])
RETURNS core.event[]
LANGUAGE sql VOLATILE
AS $$
SELECT coalesce(array_agg(event::core.event), '{}')
FROM core.shown_sessions(p_sessions) AS settled
CROSS JOIN LATERAL unnest(core.to_both(settled.session,
    CASE (settled.session).status WHEN 'closing' THEN 'session_closing' ELSE 'session_ended' END,
    core.as_frame(settled.shown))) AS event
$$;

COMMENT ON FUNCTION core.settlement_events(core.chat_sessions[]) IS
'What both parties are told when sessions begin to close, or have ended.';
