CREATE OR REPLACE FUNCTION api.mirror_page(p_after uuid DEFAULT NULL, p_limit integer DEFAULT 1000)
RETURNS TABLE (
    mitra_id uuid, is_online boolean, is_active boolean, capacity integer, max_sessions integer,
    last_heartbeat_at timestamptz, idle_since timestamptz, version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT mitra.id, status.is_online, mitra.is_active, load.capacity, core.max_sessions(mitra),
    status.last_heartbeat_at, greatest(load.idle_since, status.last_online_at), load.version
FROM core.mitras AS mitra
JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
WHERE mitra.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
ORDER BY mitra.id
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.mirror_page(uuid, integer) IS 'api.mirror_state of every mitra, by id, p_limit at a time after p_after. Raises nothing.';
GRANT EXECUTE ON FUNCTION api.mirror_page(uuid, integer) TO halo_listener, halo_cc;
