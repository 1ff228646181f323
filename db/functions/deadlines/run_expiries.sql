CREATE OR REPLACE FUNCTION core.run_expiries(p_limit integer, OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_ids uuid[];
    v_due core.moved[];
    v_credit record;
    v_settled record;
BEGIN
    v_ids := core.lock_sessions(ARRAY(
        SELECT id FROM core.chat_sessions WHERE status = 'active' AND expires_at <= v_now ORDER BY expires_at LIMIT p_limit), true);
    v_due := ARRAY(SELECT ROW(session.id, session.expires_at)::core.moved FROM core.chat_sessions AS session WHERE session.id = ANY (v_ids));
    v_credit := core.credit_absences(v_ids, clock_timestamp(), true);
    v_settled := core.settle_sessions(v_ids);
    moved := v_settled.moved || ARRAY(SELECT due::core.moved FROM unnest(v_due) AS due WHERE due.id = ANY (v_credit.session_ids));
    events := v_settled.events || v_credit.events;
END
$$;

COMMENT ON FUNCTION core.run_expiries(integer) IS $$
run_due's work of kind expiry: clocks that have run out begin their last words, but for those that get the time back their mitra was gone, where
outage_credit_policy says so.
$$;
