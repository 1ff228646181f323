CREATE OR REPLACE FUNCTION api.old_partitions()
RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT partition.name
FROM (VALUES
    ('events', 'event_retention_days'), ('chat_messages', 'message_retention_days')
) AS kept (parent, key)
CROSS JOIN LATERAL core.partitions_before(kept.parent,
    (clock_timestamp() AT TIME ZONE 'UTC')::date - core.config_int(kept.key)) AS partition (name)
ORDER BY right(partition.name, 8), partition.name
$$;

COMMENT ON FUNCTION api.old_partitions() IS $$
The daily partitions older than event_retention_days and message_retention_days, oldest first.
Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.old_partitions() TO halo_listener;
