CREATE OR REPLACE FUNCTION core.seed_demo_figures(
    p_day date, p_until timestamptz, p_seed integer)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    PERFORM core.hold_time_zone();

    -- Every ten minutes, as a leading listener samples each minute.
    WITH shift AS MATERIALIZED (
        SELECT * FROM core.demo_shifts(p_day, p_seed)
    ),
    sample AS (
        SELECT moment.at,
            (SELECT count(*) FROM shift
             WHERE moment.at >= shift.began_at AND moment.at < shift.ended_at) AS online,
            count(session.id) FILTER (
                WHERE moment.at >= session.started_at AND moment.at < session.ended_at) AS active,
            count(session.id) FILTER (
                WHERE moment.at < coalesce(session.started_at, session.ended_at)) AS waiting
        FROM generate_series(
            p_day::timestamp AT TIME ZONE 'UTC', p_until - interval '1 minute', '10 minutes'
        ) AS moment (at)
        LEFT JOIN core.chat_sessions AS session
            ON session.created_at BETWEEN moment.at - interval '2 hours' AND moment.at
            AND session.ended_at > moment.at
        GROUP BY moment.at
    )
    INSERT INTO core.figures AS known (metric, step, at, value, samples)
    SELECT gauge.metric, place.step, place.at, sum(gauge.value), count(*)
    FROM sample
    CROSS JOIN LATERAL (VALUES
        ('online_mitras', sample.online),
        ('free_slots', greatest(0, sample.online * core.config_int('mitra_max_sessions')
            - sample.active)),
        ('waiting', sample.waiting),
        ('active_chats', sample.active)
    ) AS gauge (metric, value)
    CROSS JOIN LATERAL core.figure_places(
        sample.at, core.business_day(clock_timestamp())) AS place
    WHERE place.step <> 'ever'
    GROUP BY gauge.metric, place.step, place.at
    ORDER BY gauge.metric, place.step, place.at
    ON CONFLICT (metric, step, at, bucket) DO UPDATE
    SET value = known.value + excluded.value, samples = known.samples + excluded.samples;
END
$$;

COMMENT ON FUNCTION core.seed_demo_figures(date, timestamptz, integer) IS $$
The gauges of a day of the demo history, whose sessions are there. The rest of its figures was
counted as its rows were inserted.
$$;
