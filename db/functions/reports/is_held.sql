CREATE OR REPLACE FUNCTION core.is_held(p_reporters integer, p_before_hold integer DEFAULT NULL)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
-- 0 = never. Written so that PostgreSQL puts it in line.
SELECT p_reporters >= coalesce(
    nullif(coalesce(p_before_hold, core.config_int('reports_before_hold')), 0), 2147483647)
$$;

COMMENT ON FUNCTION core.is_held(integer, integer) IS $$
Whether open reports by so many customers (core.mitra_loads.reporters) hold a mitra from new offers.
p_before_hold is reports_before_hold; a caller with many mitras reads it once and hands it in.
$$;
