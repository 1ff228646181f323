CREATE OR REPLACE FUNCTION api.next_deadline(p_within interval DEFAULT NULL)
RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT least(
    (SELECT min(due_at) FROM core.deadlines(latest.at)),
    -- An extension is a listener's before it is run_due's.
    (SELECT min(expires_at) FROM core.session_extensions
     WHERE status = 'pending' AND expires_at
         BETWEEN core.due_from() - core.config_seconds('extension_settle_grace_seconds')
         AND latest.at))
FROM (SELECT coalesce(clock_timestamp() + p_within, 'infinity') AS at) AS latest
$$;

COMMENT ON FUNCTION api.next_deadline(interval) IS $$
When the nearest deadline is; null when there is none, or none within p_within from now on. A
listener that sleeps a second at most asks for no more, and so reads less while somebody holds the
horizon (core.deadlines). Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.next_deadline(interval) TO halo_listener;
