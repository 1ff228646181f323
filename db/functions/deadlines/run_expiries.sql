CREATE OR REPLACE FUNCTION core.run_expiries(p_limit integer, OUT moved uuid[], OUT due timestamptz[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_due jsonb;
BEGIN
    SELECT jsonb_object_agg(session.id, session.expires_at) INTO v_due FROM core.chat_sessions AS session
    WHERE session.id = ANY (core.lock_sessions(ARRAY(
        SELECT id FROM core.chat_sessions WHERE status = 'active' AND expires_at <= clock_timestamp()
        ORDER BY expires_at LIMIT p_limit), true));
    SELECT settled.moved, settled.events INTO moved, events
    FROM core.settle_sessions(ARRAY(SELECT key::uuid FROM jsonb_each(v_due))) AS settled;
    due := ARRAY(SELECT (v_due ->> session.id::text)::timestamptz FROM unnest(moved) AS session (id));
END
$$;

COMMENT ON FUNCTION core.run_expiries(integer) IS 'run_due''s work of kind expiry: clocks that have run out begin their last words.';
