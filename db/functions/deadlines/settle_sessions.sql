CREATE OR REPLACE FUNCTION core.settle_sessions(
    p_session_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_sessions core.chat_sessions[];
    v_credit record;
BEGIN
    -- Judge: what is due among them, and since when.
    SELECT array_agg(session ORDER BY session.id),
        array_agg(
            ROW(session.id, coalesce(session.closing_ends_at, session.expires_at))::core.moved
            ORDER BY session.id)
    INTO v_sessions, moved
    FROM core.chat_sessions AS session
    WHERE session.id = ANY (p_session_ids)
        AND core.settled_status(session, v_now) <> session.status;

    -- Write. Sessions that got time back run on; the rest are settled.
    v_credit := core.credit_absences(
        ARRAY(SELECT due.id FROM unnest(v_sessions) AS due), v_now, true);
    v_sessions := ARRAY(
        SELECT core.settled(due::core.chat_sessions, v_now) FROM unnest(v_sessions) AS due
        WHERE due.id <> ALL (coalesce(v_credit.session_ids, '{}')) ORDER BY due.id);
    PERFORM core.save_sessions(v_sessions);

    -- Tell.
    events := core.settlement_events(v_sessions) || v_credit.events;
END
$$;

COMMENT ON FUNCTION core.settle_sessions(uuid[]) IS $$
Settles the clocks and graces that have run out among locked sessions; where outage_credit_policy
says so, a clock gets back the time during which its mitra was gone. Returns which sessions were
due, and when each was due, and the events for the caller to emit.
$$;
