CREATE OR REPLACE FUNCTION core.move_days(p_from text, p_to text)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    -- Nobody writes days of the old zone from now on.
    PERFORM pg_advisory_xact_lock(hashtextextended('halobestie.time_zone', 0));

    -- Each day keeps its date; each hour that is kept goes over to the day that it belongs to now.
    WITH taken AS (
        DELETE FROM core.figures WHERE step = 'day'
        RETURNING metric, at, bucket, value, samples
    ), moved AS (
        SELECT taken.metric, taken.at, taken.bucket, taken.value, taken.samples FROM taken
        UNION ALL
        SELECT hour.metric, place.at, hour.bucket, place.sign * hour.value,
            place.sign * hour.samples
        FROM core.figures AS hour
        CROSS JOIN LATERAL (VALUES
            (date_trunc('day', hour.at, p_from), -1),
            (date_trunc('day', hour.at, p_to) AT TIME ZONE p_to AT TIME ZONE p_from, 1)
        ) AS place (at, sign)
        WHERE hour.step = 'hour'
    )
    INSERT INTO core.figures (metric, step, at, bucket, value, samples)
    SELECT moved.metric, 'day', day.at, moved.bucket, sum(moved.value), sum(moved.samples)
    FROM moved
    CROSS JOIN LATERAL (
        SELECT moved.at AT TIME ZONE p_from AT TIME ZONE p_to AS at
    ) AS day
    GROUP BY moved.metric, day.at, moved.bucket
    HAVING sum(moved.value) <> 0 OR sum(moved.samples) <> 0;
END
$$;

COMMENT ON FUNCTION core.move_days(text, text) IS $$
Makes the days of core.figures again, when the zone of business changes from p_from to p_to: as far
back as hours are kept (90 days) each hour goes to the day that it belongs to in the new zone, and
what is older stays on its date. The sum over all days stays, and changing back undoes it. Zones
begin their hours together (core.has_full_hours), so hours and minutes need no change.
$$;
