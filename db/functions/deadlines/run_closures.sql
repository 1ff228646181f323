CREATE OR REPLACE FUNCTION core.run_closures(p_limit integer, OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_due CURSOR FOR
        SELECT id FROM core.chat_sessions WHERE status = 'closing' AND closing_ends_at <= v_now
            ORDER BY closing_ends_at;
BEGIN
    OPEN v_due;
    SELECT settled.moved, settled.events INTO moved, events
    FROM core.settle_sessions(core.lock_due(v_due, p_limit, '{parties}')) AS settled;
END
$$;

COMMENT ON FUNCTION core.run_closures(integer) IS 'run_due''s work of kind closure: last words are over, the session is completed.';
