CREATE OR REPLACE FUNCTION ops.mitra_availability()
RETURNS TABLE (
    mitra_id uuid,
    display_name text,
    is_active boolean,
    is_online boolean,
    capacity integer,
    max_sessions integer,
    last_heartbeat_at timestamptz,
    last_online_at timestamptz,
    idle_since timestamptz,
    missed_offers integer,
    available boolean,
    version bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT
    mitra.id AS mitra_id, mitra.display_name, mitra.is_active, status.is_online,
    load.capacity, core.max_sessions(mitra, rule.maximum) AS max_sessions,
    status.last_heartbeat_at, status.last_online_at,
    greatest(load.idle_since, status.last_online_at) AS idle_since,
    status.missed_offers,
    core.mitra_state(
        mitra, status, load.capacity, rule.maximum,
        core.is_held(load.reporters, rule.before_hold), rule.fresh_after)
        = 'available' AS available,
    load.version
FROM core.mitras AS mitra
JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
CROSS JOIN (
    SELECT core.config_int('mitra_max_sessions') AS maximum,
        core.config_int('reports_before_hold') AS before_hold,
        core.fallback_fresh_after() AS fresh_after
    OFFSET 0                    -- read once, not per mitra
) AS rule
ORDER BY mitra.display_name, mitra.id
$$;

COMMENT ON FUNCTION ops.mitra_availability() IS $$
The rows of the view ops.mitra_availability. Raises nothing.
$$;
