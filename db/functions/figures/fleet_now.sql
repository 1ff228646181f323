CREATE OR REPLACE FUNCTION core.fleet_now()
RETURNS TABLE (online_mitras bigint, free_slots bigint)
LANGUAGE sql STABLE
AS $$
SELECT count(*), coalesce(sum(core.free_slots(mitra, load, general.most, general.before_hold)), 0)
FROM (SELECT core.config_int('mitra_max_sessions') AS most,
    core.config_int('reports_before_hold') AS before_hold
    OFFSET 0                    -- read once, and not for each mitra
) AS general
CROSS JOIN core.mitra_online_status AS status
JOIN core.mitras AS mitra ON mitra.id = status.mitra_id
JOIN core.mitra_loads AS load ON load.mitra_id = status.mitra_id
WHERE status.is_online
$$;

COMMENT ON FUNCTION core.fleet_now() IS $$
How many mitras are online at this moment, and how many sessions they could take besides their own.
$$;
