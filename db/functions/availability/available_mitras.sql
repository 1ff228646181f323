CREATE OR REPLACE FUNCTION core.available_mitras(p_fresh_after timestamptz DEFAULT NULL)
RETURNS TABLE (mitra_id uuid, capacity integer, idle_since timestamptz)
LANGUAGE sql STABLE
AS $$
SELECT mitra.id, load.capacity, greatest(load.idle_since, status.last_online_at)
FROM core.mitra_online_status AS status
JOIN core.mitras AS mitra ON mitra.id = status.mitra_id
JOIN core.mitra_loads AS load ON load.mitra_id = status.mitra_id
CROSS JOIN (
    SELECT
        coalesce(p_fresh_after, core.fallback_fresh_after()) AS fresh_after,
        core.config_int('mitra_max_sessions') AS maximum
    OFFSET 0                    -- read once, not per mitra
) AS rule
WHERE status.is_online
    AND mitra.is_active
    AND status.last_heartbeat_at > rule.fresh_after
    AND load.capacity < core.max_sessions(mitra, rule.maximum)
$$;

COMMENT ON FUNCTION core.available_mitras(timestamptz) IS $$
The available mitras by PostgreSQL alone: online, active, with a free slot and with a heartbeat
later than p_fresh_after (null = core.fallback_fresh_after).
$$;
