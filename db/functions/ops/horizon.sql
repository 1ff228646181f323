CREATE OR REPLACE FUNCTION ops.horizon()
RETURNS TABLE (
    held_by text,
    pid integer,
    role text,
    application_name text,
    state text,
    held_for interval,
    transactions integer,
    dead_rows bigint,
    worst_table text,
    worst_dead_rows bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
-- What keeps rows from being vacuumed: the oldest transaction that is open, prepared, or needed by
-- a replication slot.
WITH holder AS (
    SELECT 'session' AS held_by, session.pid, session.usename::text AS role,
        session.application_name, session.state,
        clock_timestamp() - session.xact_start AS held_for,
        greatest(age(session.backend_xmin), age(session.backend_xid)) AS transactions
    FROM pg_catalog.pg_stat_activity AS session
    WHERE session.datname = current_database() AND session.pid <> pg_backend_pid()
        AND (session.backend_xmin IS NOT NULL OR session.backend_xid IS NOT NULL)
    UNION ALL
    SELECT 'prepared transaction ' || prepared.gid, NULL, prepared.owner::text, NULL, NULL,
        clock_timestamp() - prepared.prepared, age(prepared.transaction)
    FROM pg_catalog.pg_prepared_xacts AS prepared
    WHERE prepared.database = current_database()
    UNION ALL
    SELECT 'replication slot ' || slot.slot_name, slot.active_pid, NULL, NULL, NULL,
        NULL, greatest(age(slot.xmin), age(slot.catalog_xmin))
    FROM pg_catalog.pg_replication_slots AS slot
    WHERE slot.xmin IS NOT NULL OR slot.catalog_xmin IS NOT NULL
), oldest AS (
    SELECT holder.* FROM holder
    ORDER BY holder.transactions DESC, holder.held_for DESC NULLS LAST LIMIT 1
), dead AS (
    SELECT coalesce(sum(stats.n_dead_tup), 0)::bigint AS dead_rows,
        (array_agg(stats.relname::text ORDER BY stats.n_dead_tup DESC))[1] AS worst_table,
        max(stats.n_dead_tup) AS worst_dead_rows
    FROM pg_catalog.pg_stat_user_tables AS stats
    WHERE stats.schemaname = 'core'
)
SELECT oldest.held_by, oldest.pid, oldest.role, oldest.application_name, oldest.state,
    oldest.held_for, oldest.transactions, dead.dead_rows, dead.worst_table, dead.worst_dead_rows
FROM dead LEFT JOIN oldest ON true
$$;

COMMENT ON FUNCTION ops.horizon() IS $$
The row of the view ops.horizon. Raises nothing.
$$;
