CREATE OR REPLACE FUNCTION core.fallback_fresh_after()
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT clock_timestamp()
    - core.config_seconds('heartbeat_stale_seconds')
    - core.config_seconds('heartbeat_fallback_slack_seconds')
$$;

COMMENT ON FUNCTION core.fallback_fresh_after() IS $$
The oldest heartbeat that counts as fresh in PostgreSQL, whose copy lags Valkey by up to a minute.
$$;
