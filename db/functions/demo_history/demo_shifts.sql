CREATE OR REPLACE FUNCTION core.demo_shifts(p_day date, p_seed integer)
RETURNS TABLE (mitra_id uuid, began_at timestamptz, ended_at timestamptz, cause text)
LANGUAGE sql STABLE
AS $$
-- Most mitras work nine hours, some of which begin in the morning of Jakarta (UTC+7), others in the
-- evening; one in six has a day off.
SELECT shift.mitra_id, shift.began_at, shift.began_at + interval '9 hours',
    CASE
        WHEN core.demo_chance(shift.key || 'end') < 0.06 THEN 'missed_offers'
        WHEN core.demo_chance(shift.key || 'end') < 0.1 THEN 'auto_offline'
        ELSE 'mitra' END
FROM (
    SELECT mitra.id AS mitra_id, named.key,
        p_day::timestamp AT TIME ZONE 'UTC'
            + core.demo_chance(named.key || 'begin') * interval '14 hours' AS began_at
    FROM core.mitras AS mitra
    CROSS JOIN LATERAL (SELECT concat_ws('/', p_seed, p_day, mitra.phone, '')) AS named (key)
    WHERE mitra.is_active
) AS shift
WHERE core.demo_chance(shift.key || 'day off') > 0.16
$$;

COMMENT ON FUNCTION core.demo_shifts(date, integer) IS $$
When mitras were online on a day (UTC) of the demo history, and why each went offline at the end.
$$;
