CREATE OR REPLACE FUNCTION core.available_mitras(p_fresh_after timestamptz DEFAULT NULL)
RETURNS TABLE (mitra_id uuid, capacity integer, idle_since timestamptz)
LANGUAGE sql STABLE
AS $$
SELECT waiting.mitra_id, waiting.capacity, waiting.waits_since
FROM (
    -- The index of waiting mitras has both kinds apart, each in this order. Of those with a maximum
    -- of their own, none is full.
    (SELECT load.mitra_id, load.capacity, load.waits_since
     FROM core.mitra_loads AS load
     WHERE load.waits_since IS NOT NULL AND load.has_own_maximum
         AND NOT core.is_held(load.reporters, (SELECT core.config_int('reports_before_hold')))
     ORDER BY load.capacity, load.waits_since)
    UNION ALL
    (SELECT load.mitra_id, load.capacity, load.waits_since
     FROM core.mitra_loads AS load
     WHERE load.waits_since IS NOT NULL AND NOT load.has_own_maximum
         AND load.capacity < (SELECT core.config_int('mitra_max_sessions'))
         AND NOT core.is_held(load.reporters, (SELECT core.config_int('reports_before_hold')))
     ORDER BY load.capacity, load.waits_since)
) AS waiting
JOIN core.mitra_online_status AS status ON status.mitra_id = waiting.mitra_id
WHERE status.last_heartbeat_at > (SELECT coalesce(p_fresh_after, core.fallback_fresh_after()))
$$;

COMMENT ON FUNCTION core.available_mitras(timestamptz) IS $$
The available mitras by PostgreSQL alone: online, active, not held by reports, with a free slot and
with a heartbeat later than p_fresh_after (null = core.fallback_fresh_after). A caller who needs
only the best few asks core.best_available.
$$;
