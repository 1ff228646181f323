CREATE OR REPLACE FUNCTION core.best_available(
    p_limit integer, p_fresh_after timestamptz DEFAULT NULL, p_except uuid[] DEFAULT '{}')
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE
SET enable_sort = off       -- in the order of their index, so no more are read than are asked for
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT available.mitra_id FROM core.available_mitras(p_fresh_after) AS available
    WHERE available.mitra_id <> ALL (p_except)
    ORDER BY available.capacity, available.idle_since LIMIT p_limit;
END
$$;

COMMENT ON FUNCTION core.best_available(integer, timestamptz, uuid[]) IS $$
The p_limit best of core.available_mitras without p_except: least loaded, then longest idle. Its
cost does not grow with the mitras there are, but with those that wait without a fresh heartbeat.
$$;
