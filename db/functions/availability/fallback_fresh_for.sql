CREATE OR REPLACE FUNCTION core.fallback_fresh_for()
RETURNS interval
LANGUAGE sql STABLE
AS $$
SELECT core.config_seconds('heartbeat_stale_seconds')
    + core.config_seconds('heartbeat_fallback_slack_seconds')
$$;

COMMENT ON FUNCTION core.fallback_fresh_for() IS $$
How long a heartbeat is fresh in PostgreSQL, whose copy lags Valkey by up to a minute.
$$;
