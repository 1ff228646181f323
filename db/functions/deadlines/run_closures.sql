CREATE OR REPLACE FUNCTION core.run_closures(p_limit integer, OUT moved uuid[], OUT due timestamptz[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    SELECT settled.moved, settled.events INTO moved, events
    FROM core.settle_sessions(core.lock_sessions(ARRAY(
        SELECT id FROM core.chat_sessions WHERE status = 'closing' AND closing_ends_at <= clock_timestamp()
        ORDER BY closing_ends_at LIMIT p_limit), true)) AS settled;
    due := ARRAY(SELECT session.closing_ends_at FROM unnest(moved) AS done (id) JOIN core.chat_sessions AS session USING (id));
END
$$;

COMMENT ON FUNCTION core.run_closures(integer) IS 'run_due''s work of kind closure: last words are over, the session is completed.';
