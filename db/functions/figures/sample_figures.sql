CREATE OR REPLACE FUNCTION api.sample_figures(
    p_online_mitras integer DEFAULT NULL, p_mirror_lag_ms double precision DEFAULT NULL)
RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.hold_time_zone();
WITH clock AS (
    SELECT date_trunc('minute', now) AS minute, now FROM (SELECT clock_timestamp()) AS read (now)
), open AS (
    SELECT
        count(*) FILTER (WHERE session.status IN ('searching', 'pending_acceptance')) AS waiting,
        count(*) FILTER (WHERE core.settled_status(session, clock.now)
            IN ('active', 'pending_payment')) AS active_chats
    FROM clock CROSS JOIN core.chat_sessions AS session
    WHERE session.status IN (
        'searching', 'pending_acceptance', 'pending_payment', 'active', 'extending', 'closing')
), sampled AS (
    SELECT gauge.metric, gauge.value
    FROM core.fleet_now() AS fleet CROSS JOIN open CROSS JOIN LATERAL (VALUES
        ('online_mitras', coalesce(p_online_mitras, fleet.online_mitras)),
        ('free_slots', fleet.free_slots),
        ('waiting', open.waiting),
        ('active_chats', open.active_chats),
        ('mirror_lag', round(p_mirror_lag_ms)::bigint)
    ) AS gauge (metric, value)
    WHERE gauge.value IS NOT NULL
), new_minute AS (
    -- A minute is sampled once, whoever asks how often; the longer steps add its samples up.
    INSERT INTO core.figures (metric, step, at, value, samples)
    SELECT sampled.metric, 'minute', clock.minute, sampled.value, 1 FROM sampled CROSS JOIN clock
    ORDER BY sampled.metric
    ON CONFLICT DO NOTHING
    RETURNING metric, at, value
), added AS (
    INSERT INTO core.figures AS known (metric, step, at, value, samples)
    SELECT new_minute.metric, place.step, place.at, new_minute.value, 1
    FROM new_minute CROSS JOIN LATERAL
        core.figure_places(
            new_minute.at, core.business_day(new_minute.at), core.business_time_zone()) AS place
    WHERE place.step IN ('hour', 'day')
    ORDER BY new_minute.metric, place.step
    ON CONFLICT (metric, step, at, bucket) DO UPDATE
    SET value = known.value + excluded.value, samples = known.samples + excluded.samples
)
SELECT EXISTS (SELECT FROM new_minute)
$$;

COMMENT ON FUNCTION api.sample_figures(integer, double precision) IS $$
Samples the gauges for this minute, unless that is done already, and returns whether it did.
p_online_mitras null = counted by PostgreSQL; p_mirror_lag_ms null = not known, so no sample.
Raises nothing. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.sample_figures(integer, double precision) TO halo_listener;
