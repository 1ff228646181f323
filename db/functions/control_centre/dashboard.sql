CREATE OR REPLACE FUNCTION api.dashboard(p_online_mitras integer DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
WITH clock AS (
    SELECT
        now,
        date_trunc('day', now AT TIME ZONE 'Asia/Jakarta') AT TIME ZONE 'Asia/Jakarta' AS today
    FROM (SELECT clock_timestamp() AS now) AS read
),
-- Now: open sessions by the status they have at this moment, settled or not.
session AS (
    SELECT
        count(*) FILTER (
            WHERE core.settled_status(session, clock.now) IN ('active', 'pending_payment')
        ) AS active_chats,
        count(*) FILTER (WHERE status IN ('searching', 'pending_acceptance')) AS pending_requests,
        max(clock.now - core.search_began_at(session))
            FILTER (WHERE session.status IN ('searching', 'pending_acceptance')) AS longest_wait
    FROM clock CROSS JOIN core.chat_sessions AS session
    WHERE core.is_open(status)
),
-- Who is busy: the stored status is asked first, because it has an index.
busy AS (
    SELECT mitra.id, mitra.display_name, count(held.id) AS active_session_count
    FROM core.mitra_online_status AS status
    JOIN core.mitras AS mitra ON mitra.id = status.mitra_id
    LEFT JOIN core.chat_sessions AS held
        ON held.mitra_id = mitra.id
        AND held.status IN ('active', 'pending_payment')
        AND core.settled_status(held, (SELECT clock.now FROM clock))
            IN ('active', 'pending_payment')
    WHERE status.is_online
    GROUP BY mitra.id
),
sensitive AS (
    SELECT
        (SELECT count(*) FROM core.chat_sessions
         WHERE topic_sensitivity = 'sensitive') AS total,
        count(*) AS last_30d_total,
        count(*) FILTER (WHERE session.topic_sensitivity = 'sensitive') AS last_30d_sensitive
    FROM clock
    JOIN core.chat_sessions AS session ON session.created_at > clock.now - interval '30 days'
),
-- Today: offers by outcome, and what failed.
offer AS (
    SELECT
        count(*) FILTER (WHERE offer.status = 'offered') AS offered,
        count(*) FILTER (WHERE offer.status = 'accepted') AS accepted,
        count(*) FILTER (WHERE offer.status = 'declined') AS declined,
        count(*) FILTER (WHERE offer.status = 'expired') AS expired,
        count(*) FILTER (WHERE offer.status = 'rescinded') AS rescinded,
        count(*) FILTER (WHERE offer.status = 'cancelled') AS cancelled,
        percentile_cont(ARRAY[0.5, 0.95])
            WITHIN GROUP (ORDER BY extract(epoch FROM offer.settled_at - offer.offered_at))
            FILTER (WHERE offer.status IN ('accepted', 'declined')) AS answer_seconds
    FROM core.pairing_offers AS offer, clock
    WHERE offer.offered_at >= clock.today
),
failure AS (
    SELECT coalesce(jsonb_object_agg(cause_tag, times), '{}') AS by_cause
    FROM (
        SELECT cause_tag, count(*) AS times FROM core.pairing_failures, clock
        WHERE created_at >= clock.today
        GROUP BY cause_tag
    ) AS counted
)
-- A share of nothing is 0. Rescinded and cancelled offers count in no share: their mitras could
-- not answer them any more.
SELECT jsonb_build_object(
    'active_chats', session.active_chats,
    'online_mitras', coalesce(p_online_mitras, (SELECT count(*) FROM busy)::integer),
    'pending_requests', session.pending_requests,
    'customers_per_mitra', (
        SELECT coalesce(jsonb_agg(
            jsonb_build_object(
                'id', busy.id,
                'display_name', busy.display_name,
                'active_session_count', busy.active_session_count)
            ORDER BY busy.active_session_count DESC, busy.display_name, busy.id), '[]')
        FROM busy),
    'sensitive', jsonb_build_object(
        'total', sensitive.total,
        'last_30d_total', sensitive.last_30d_total,
        'last_30d_sensitive', sensitive.last_30d_sensitive,
        'last_30d_percent', CASE WHEN sensitive.last_30d_total > 0
            THEN round(100.0 * sensitive.last_30d_sensitive / sensitive.last_30d_total, 1)
            ELSE 0 END),
    'offers_today', jsonb_build_object(
        'offered', offer.offered,
        'accepted', offer.accepted,
        'declined', offer.declined,
        'expired', offer.expired,
        'rescinded', offer.rescinded,
        'cancelled', offer.cancelled),
    'acceptance_percent', CASE WHEN offer.accepted + offer.declined + offer.expired > 0
        THEN round(
            100.0 * offer.accepted / (offer.accepted + offer.declined + offer.expired), 1)
        ELSE 0 END,
    'answer_seconds', jsonb_build_object(
        'p50', round(offer.answer_seconds[1]::numeric, 3),
        'p95', round(offer.answer_seconds[2]::numeric, 3)),
    'waiting', session.pending_requests,
    'longest_wait_seconds', coalesce(round(extract(epoch FROM session.longest_wait), 3), 0),
    'failed_pairings_today', failure.by_cause,
    'revenue_today', (
        SELECT coalesce(sum(entry.amount), 0) FROM core.customer_transactions AS entry
        WHERE entry.created_at >= clock.today AND entry.type IN ('session', 'extension')),
    'money', (SELECT to_jsonb(balance) FROM ops.money_balance AS balance),
    'server_time', core.instant(clock.now))
FROM clock, session, sensitive, offer, failure
$$;

COMMENT ON FUNCTION api.dashboard(integer) IS $$
The control centre's first screen. active_chats = active + pending_payment; pending_requests =
searching + pending_acceptance; customers_per_mitra holds online mitras only, most loaded first;
sensitive.total is of all time, last_30d_* by created_at. "today" begins at midnight in Jakarta.
p_online_mitras is Valkey's count; null = PostgreSQL's. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.dashboard(integer) TO halo_cc;
