CREATE OR REPLACE FUNCTION core.mitra_status_json(
    p_mitra_id uuid, p_fresh_after timestamptz DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql VOLATILE
AS $$
SELECT jsonb_build_object(
    'mitra_id', mitra.id,
    'is_online', status.is_online,
    'is_active', mitra.is_active,
    'last_heartbeat_at', core.instant(status.last_heartbeat_at),
    'capacity', load.capacity,
    'max_sessions', core.max_sessions(mitra),
    'available', core.mitra_state(
        mitra, status, load.capacity, NULL, core.is_held(load.reporters),
        coalesce(p_fresh_after, core.fallback_fresh_after())) = 'available')
FROM core.mitras AS mitra
JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
WHERE mitra.id = p_mitra_id
$$;

COMMENT ON FUNCTION core.mitra_status_json(uuid, timestamptz) IS $$
A mitra's status as its app sees it. available asks for a heartbeat later than p_fresh_after (null
= core.fallback_fresh_after). VOLATILE, so that it shows what the same call has just written.
$$;
