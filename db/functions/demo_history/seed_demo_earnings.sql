CREATE OR REPLACE FUNCTION core.seed_demo_earnings(
    p_day date, p_until timestamptz, p_seed integer, p_customers integer)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_sessions uuid[];
    v_ended timestamptz[];
BEGIN
    SELECT array_agg(search.session_id ORDER BY search.session_id),
        array_agg(search.ended_at ORDER BY search.session_id)
    INTO v_sessions, v_ended
    FROM core.demo_searches(p_day, p_until, p_seed, p_customers) AS search
    WHERE search.fate = 'started';
    PERFORM core.settle_earnings(coalesce(v_sessions, '{}'), v_ended);
END
$$;

COMMENT ON FUNCTION core.seed_demo_earnings(date, timestamptz, integer, integer) IS $$
What mitras earned by the sessions of a day of core.demo_searches, each when it ended; its payments,
and how long who served, are there. No payout holds any of it yet.
$$;
