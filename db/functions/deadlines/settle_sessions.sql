CREATE OR REPLACE FUNCTION core.settle_sessions(p_session_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_sessions core.chat_sessions[];
BEGIN
    SELECT array_agg(settled ORDER BY session.id),
        array_agg(ROW(session.id, coalesce(session.closing_ends_at, session.expires_at))::core.moved ORDER BY session.id)
    INTO v_sessions, moved
    FROM core.chat_sessions AS session
    CROSS JOIN LATERAL core.settled(session, v_now) AS settled
    WHERE session.id = ANY (p_session_ids) AND settled.status <> session.status;
    PERFORM core.save_sessions(v_sessions);
    events := ARRAY(SELECT unnest(core.settlement_events(session)) FROM unnest(v_sessions) AS session);
END
$$;

COMMENT ON FUNCTION core.settle_sessions(uuid[]) IS
'Settles the clocks and graces that have run out among locked sessions. Returns which and when each was due, and the events for the caller to emit.';
