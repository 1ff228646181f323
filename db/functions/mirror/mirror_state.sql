CREATE OR REPLACE FUNCTION api.mirror_state(p_mitra_ids uuid[])
RETURNS TABLE (
    mitra_id uuid, is_online boolean, is_active boolean, capacity integer, max_sessions integer,
    last_heartbeat_at timestamptz, idle_since timestamptz, version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
SELECT core.require('mitra_ids', p_mitra_ids::text);
SELECT
    mitra.id, status.is_online, mitra.is_active,
    load.capacity,
    CASE WHEN core.is_held(load.reporters, general.before_hold) THEN 0
        ELSE core.max_sessions(mitra, general.maximum) END,
    status.last_heartbeat_at, greatest(load.idle_since, status.last_online_at), load.version
FROM core.mitras AS mitra
JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
CROSS JOIN (
    SELECT core.config_int('mitra_max_sessions') AS maximum,
        core.config_int('reports_before_hold') AS before_hold OFFSET 0
) AS general
WHERE mitra.id = ANY (p_mitra_ids)
$$;

COMMENT ON FUNCTION api.mirror_state(uuid[]) IS $$
The truth about the given mitras, as the Valkey mirror keeps it. version grows with every change,
so that a newer answer is known from an older one. A mitra held by reports has a maximum of 0. A
mitra that does not exist has no row.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.mirror_state(uuid[]) TO halo_listener, halo_cc;
