CREATE OR REPLACE FUNCTION api.best_mitras(
    p_limit integer DEFAULT 500, p_is_lenient boolean DEFAULT true)
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('limit', p_limit::text, 'is_lenient', p_is_lenient::text);
SELECT core.best_available(p_limit, CASE WHEN NOT p_is_lenient
    THEN clock_timestamp() - core.config_seconds('heartbeat_stale_seconds') END)
$$;

COMMENT ON FUNCTION api.best_mitras(integer, boolean) IS $$
Available mitras by PostgreSQL alone, least loaded, then longest idle: a search could be offered to
them. p_is_lenient allows for heartbeats that were not copied yet
(heartbeat_fallback_slack_seconds), for when the mirror can't tell. Without it only a mitra that
beat within heartbeat_stale_seconds counts, as in the mirror.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.best_mitras(integer, boolean) TO halo_listener;
