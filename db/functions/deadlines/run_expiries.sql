CREATE OR REPLACE FUNCTION core.run_expiries(p_limit integer, OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_due CURSOR FOR
        SELECT id FROM core.chat_sessions WHERE status = 'active' AND expires_at <= v_now
            ORDER BY expires_at;
BEGIN
    OPEN v_due;
    SELECT settled.moved, settled.events INTO moved, events
    FROM core.settle_sessions(core.lock_due(v_due, p_limit, '{parties,absences,slot}')) AS settled;
END
$$;

COMMENT ON FUNCTION core.run_expiries(integer) IS $$
run_due's work of kind expiry: clocks that have run out begin their last words, but for those that get the time back their mitra was gone, where
outage_credit_policy says so.
$$;
