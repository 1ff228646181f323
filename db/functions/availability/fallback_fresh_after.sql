CREATE OR REPLACE FUNCTION core.fallback_fresh_after()
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT clock_timestamp() - core.fallback_fresh_for()
$$;

COMMENT ON FUNCTION core.fallback_fresh_after() IS $$
A heartbeat must be later than this to be fresh in PostgreSQL (core.fallback_fresh_for).
$$;
