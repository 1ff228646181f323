CREATE OR REPLACE FUNCTION core.available_mitras()
RETURNS TABLE (mitra_id uuid, capacity integer, idle_since timestamptz)
LANGUAGE sql STABLE
AS $$
SELECT mitra.id, load.capacity, greatest(load.idle_since, status.last_online_at)
FROM core.mitra_online_status AS status
JOIN core.mitras AS mitra ON mitra.id = status.mitra_id
JOIN core.mitra_loads AS load ON load.mitra_id = status.mitra_id
WHERE status.is_online AND mitra.is_active
    AND status.last_heartbeat_at > core.fallback_fresh_after()
    AND load.capacity < core.max_sessions(mitra)
$$;

COMMENT ON FUNCTION core.available_mitras() IS 'Who is available by PostgreSQL alone: online, active, fresh with the fallback''s slack, and with a free slot.';
