CREATE OR REPLACE FUNCTION api.dashboard(p_online_mitras integer DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
WITH clock AS (
    SELECT read.now, core.business_day(read.now) AS today
    FROM (SELECT clock_timestamp() AS now) AS read
),
-- Now: open sessions by the status they have at this moment, settled or not.
session AS MATERIALIZED (
    SELECT open.status, open.mitra_id, core.settled_status(open, clock.now) AS settled_status,
        clock.now - core.search_began_at(open) AS waited
    FROM clock CROSS JOIN core.chat_sessions AS open
    -- by the index of open sessions, whose words these are
    WHERE open.status IN (
        'searching', 'pending_acceptance', 'pending_payment', 'active', 'extending', 'closing')
),
counted AS (
    SELECT
        count(*) FILTER (
            WHERE session.settled_status IN ('active', 'pending_payment')) AS active_chats,
        count(*) FILTER (
            WHERE session.status IN ('searching', 'pending_acceptance')) AS pending_requests,
        max(session.waited) FILTER (
            WHERE session.status IN ('searching', 'pending_acceptance')) AS longest_wait
    FROM session
),
-- Who is online: first who is busy, then as many of the others as fit.
busy AS MATERIALIZED (
    SELECT session.mitra_id, count(*) AS sessions
    FROM session WHERE session.settled_status IN ('active', 'pending_payment')
    GROUP BY session.mitra_id
),
shown AS (
    SELECT online.mitra_id, online.sessions
    FROM (
        (SELECT status.mitra_id, busy.sessions
         FROM busy JOIN core.mitra_online_status AS status ON status.mitra_id = busy.mitra_id
         WHERE status.is_online
         ORDER BY busy.sessions DESC LIMIT 1000)
        UNION ALL
        (SELECT status.mitra_id, 0
         FROM core.mitra_online_status AS status
         WHERE status.is_online AND NOT EXISTS (
             SELECT FROM busy WHERE busy.mitra_id = status.mitra_id)
         LIMIT 1000)
    ) AS online
    LIMIT 1000
),
general AS MATERIALIZED (
    SELECT core.config_int('mitra_max_sessions') AS most,
        core.config_int('reports_before_hold') AS before_hold
),
sensitive AS (
    SELECT core.figure_total('sensitive_requests') AS total, share.requests,
        share.sensitive_requests
    FROM clock CROSS JOIN LATERAL core.sensitive_share(clock.now - interval '30 days') AS share
),
-- Today: what the figures count, and what is not folded yet.
day AS MATERIALIZED (
    SELECT figure.metric, figure.bucket, figure.value
    FROM clock CROSS JOIN LATERAL core.figures_of_day(clock.today) AS figure
),
listed AS (
    SELECT array_agg(day.metric) AS metrics, array_agg(day.bucket) AS buckets,
        array_agg(day.value) AS counts, array_agg(0) AS samples
    FROM day
),
today AS MATERIALIZED (
    SELECT jsonb_object_agg(known.metric, core.figure_value(
        known.kind, known.counted, known.per, known.parameter,
        listed.metrics, listed.buckets, listed.counts, listed.samples)) AS figures,
        jsonb_agg(jsonb_build_object(
            'metric', known.metric, 'unit', known.unit, 'meaning', known.meaning)
            ORDER BY known.place) AS metrics
    FROM listed CROSS JOIN core.figure_metrics() WITH ORDINALITY
        AS known (metric, kind, unit, meaning, counted, per, parameter, place)
    WHERE known.kind <> 'gauge'
)
SELECT jsonb_build_object(
    'active_chats', counted.active_chats,
    'online_mitras', coalesce(p_online_mitras, fleet.online_mitras),
    'free_slots', fleet.free_slots,
    'pending_requests', counted.pending_requests,
    'customers_per_mitra', (
        SELECT coalesce(jsonb_agg(
            jsonb_build_object(
                'id', mitra.id,
                'display_name', mitra.display_name,
                'active_session_count', shown.sessions,
                'slots', core.max_sessions(mitra, general.most),
                'free_slots', core.free_slots(mitra, load, general.most, general.before_hold))
            ORDER BY shown.sessions DESC, mitra.display_name, mitra.id), '[]')
        FROM general CROSS JOIN shown
        JOIN core.mitras AS mitra ON mitra.id = shown.mitra_id
        JOIN core.mitra_loads AS load ON load.mitra_id = shown.mitra_id),
    'customers_per_mitra_total', fleet.online_mitras,
    'sensitive', jsonb_build_object(
        'total', sensitive.total,
        'last_30d_total', sensitive.requests,
        'last_30d_sensitive', sensitive.sensitive_requests,
        'last_30d_percent', CASE WHEN sensitive.requests > 0
            THEN round(100.0 * sensitive.sensitive_requests / sensitive.requests, 1)
            ELSE 0 END),
    -- Of the offers sent today and not settled, those that are live.
    'offers_today', jsonb_build_object(
        'offered', (
            SELECT count(*) FROM core.pairing_offers AS offer WHERE offer.status = 'offered'),
        'accepted', today.figures -> 'offers_accepted',
        'declined', today.figures -> 'offers_declined',
        'expired', today.figures -> 'offers_expired',
        'rescinded', today.figures -> 'offers_rescinded',
        'cancelled', today.figures -> 'offers_cancelled'),
    'acceptance_percent', coalesce(today.figures ->> 'acceptance', '0')::numeric,
    'answer_seconds', jsonb_build_object(
        'p50', today.figures -> 'answer_time_p50',
        'p95', today.figures -> 'answer_time_p95'),
    'waiting', counted.pending_requests,
    'longest_wait_seconds', coalesce(round(extract(epoch FROM counted.longest_wait), 3), 0),
    'failed_pairings_today', (
        SELECT coalesce(
            jsonb_object_agg(substr(day.metric, length('failures_') + 1), day.value), '{}')
        FROM day WHERE day.metric LIKE 'failures\_%'),
    'revenue_today', today.figures -> 'revenue',
    'today', today.figures,
    'today_metrics', today.metrics,
    'money', (SELECT to_jsonb(balance) FROM core.money_balance_kept() AS balance),
    'today_began_at', core.instant(clock.today),
    'server_time', core.instant(clock.now))
FROM clock, counted, core.fleet_now() AS fleet, sensitive, today
$$;

COMMENT ON FUNCTION api.dashboard(integer) IS $$
The control centre's first screen. active_chats = active + pending_payment; pending_requests =
searching + pending_acceptance; free_slots are the sessions that mitras online could take in
addition to the sessions that they have; customers_per_mitra holds online mitras only, the 1,000
most loaded, of customers_per_mitra_total, each with its slots and how many of them are free;
sensitive.total is of all time, last_30d_* by created_at. today holds every metric of
core.figure_metrics but gauges, since today_began_at, the last midnight in core.business_time_zone;
today_metrics says what each means, in order; offers_today.offered are the offers that are live.
Exact at any moment, and no growing table is read whole: totals come from core.figures and what is
not folded yet. p_online_mitras is Valkey's count; null = PostgreSQL's.
Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.dashboard(integer) TO halo_cc;
