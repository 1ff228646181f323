CREATE OR REPLACE FUNCTION core.fleet_now()
RETURNS TABLE (online_mitras bigint, free_slots bigint)
LANGUAGE sql STABLE
AS $$
WITH general AS MATERIALIZED (
    SELECT core.config_int('mitra_max_sessions') AS most,
        core.config_int('reports_before_hold') AS before_hold
),
-- Who has the general maximum: counted by capacity in the index of waiting mitras, without rows.
alike AS (
    SELECT load.capacity, count(*) AS mitras FROM core.mitra_loads AS load
    WHERE load.waits_since IS NOT NULL AND NOT load.has_own_maximum
    GROUP BY load.capacity
),
slots AS (
    SELECT greatest(0, general.most - alike.capacity) * alike.mitras AS free
    FROM general CROSS JOIN alike
    UNION ALL
    -- Who has a maximum of its own: few, so each is found by its id.
    SELECT own.free
    FROM general CROSS JOIN core.mitra_loads AS load
    CROSS JOIN LATERAL (
        SELECT core.free_slots(mitra, load, general.most, 0) AS free
        FROM core.mitras AS mitra WHERE mitra.id = load.mitra_id
        OFFSET 0
    ) AS own
    WHERE load.waits_since IS NOT NULL AND load.has_own_maximum
    UNION ALL
    -- Less what was counted above of mitras that reports hold: only they have open reports.
    SELECT core.free_slots(mitra, load, general.most, general.before_hold)
        - core.free_slots(mitra, load, general.most, 0)
    FROM general
    CROSS JOIN (
        SELECT DISTINCT report.mitra_id FROM core.reports AS report
        WHERE report.status = 'open' AND report.party = 'customer'
    ) AS reported
    JOIN core.mitra_loads AS load ON load.mitra_id = reported.mitra_id
    JOIN core.mitras AS mitra ON mitra.id = reported.mitra_id
    WHERE load.waits_since IS NOT NULL
)
SELECT
    (SELECT count(*) FROM core.mitra_online_status AS status WHERE status.is_online),
    coalesce(sum(slots.free), 0)::bigint
FROM slots
$$;

COMMENT ON FUNCTION core.fleet_now() IS $$
How many mitras are online at this moment, and how many sessions they could take in addition to the
sessions that they have: the sum of core.free_slots of mitras online. It reads the rows of mitras
that have a maximum of their own or open reports; the others are counted in an index.
$$;
