CREATE OR REPLACE FUNCTION core.seed_demo_sessions(
    p_day date, p_until timestamptz, p_seed integer, p_customers integer)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    WITH search AS MATERIALIZED (
        SELECT planned.*, known.id IS NULL AS is_first
        FROM core.demo_searches(p_day, p_until, p_seed, p_customers) AS planned
        LEFT JOIN core.customers AS known ON known.id = planned.customer_id
    ),
    -- People, and the sessions as they ended: rows that wait for nothing, so no trigger tells of
    -- them.
    customer AS (
        INSERT INTO core.customers (id, created_at)
        SELECT search.customer_id, search.asked_at - interval '1 minute' FROM search
        WHERE search.is_first
    ),
    session AS (
        INSERT INTO core.chat_sessions (
            id, customer_id, mitra_id, status, topic_sensitivity, duration_minutes,
            pairing_deadline, started_at, expires_at, closing_ends_at, closing_cause,
            unused_seconds, ended_at, end_reason, mitra_share_percent, created_at)
        SELECT search.session_id, search.customer_id,
            CASE search.fate WHEN 'started' THEN search.mitra_id END,
            CASE search.fate WHEN 'given_up' THEN 'cancelled' WHEN 'not_accepted' THEN 'failed'
                ELSE 'completed' END,
            CASE WHEN core.demo_chance(search.key || 'topic') < 0.12 THEN 'sensitive'
                ELSE 'normal' END,
            search.minutes
                + CASE search.more_fate WHEN 'accepted' THEN search.more_minutes ELSE 0 END,
            CASE WHEN search.started_at IS NULL THEN search.paid_at + interval '120 seconds' END,
            search.started_at, search.expires_at,
            CASE WHEN search.end_reason IN ('expired', 'extension_rejected')
                THEN search.ended_at END,
            CASE WHEN search.end_reason IN ('expired', 'extension_rejected')
                THEN search.end_reason END,
            CASE WHEN search.end_reason = 'extension_rejected' THEN 60
                ELSE greatest(0, coalesce(floor(extract(
                    epoch FROM search.expires_at - search.ended_at)), 0))::integer END,
            search.ended_at, search.end_reason,
            CASE WHEN search.started_at IS NOT NULL
                THEN core.mitra_share_percent(search.mitra_id) END,
            search.paid_at
        FROM search WHERE search.session_id IS NOT NULL
    ),
    -- What each paid, and for more minutes; what bought nothing is owed back, most of it paid back.
    asked AS (
        SELECT search.key, search.payment_id AS id, search.package_id, false AS is_extension,
            search.customer_id, search.session_id, search.asked_at AS at, search.is_first,
            CASE
                WHEN search.fate = 'started' THEN 'consumed'
                WHEN search.fate IN ('given_up', 'not_accepted') THEN 'failed'
                ELSE search.fate END AS status,
            CASE search.fate
                WHEN 'expired' THEN 'payment_expired' WHEN 'paid_late' THEN 'payment_expired'
                WHEN 'cancelled' THEN 'cancelled_by_customer'
                WHEN 'failed_delivery' THEN 'failed_delivery'
                WHEN 'started' THEN NULL ELSE search.end_reason END AS failure_cause,
            CASE
                WHEN search.fate = 'paid_late' THEN search.asked_at + interval '25 minutes'
                WHEN search.fate NOT IN ('expired', 'cancelled') THEN search.paid_at
                END AS confirmed_at, search.started_at AS consumed_at
        FROM search
        UNION ALL
        SELECT search.key || 'more/', md5(search.key || 'more')::uuid, search.more_package_id, true,
            search.customer_id, search.session_id, search.more_asked_at - interval '20 seconds',
            false, CASE search.more_fate WHEN 'accepted' THEN 'consumed' ELSE 'failed' END,
            CASE WHEN search.more_fate <> 'accepted' THEN 'extension_rejected' END,
            search.more_asked_at - interval '5 seconds',
            CASE search.more_fate WHEN 'accepted' THEN search.more_answered_at END
        FROM search WHERE search.more_fate IS NOT NULL
    ),
    priced AS (
        SELECT asked.*, package.duration_minutes, owed.owed, owed.is_refunded,
            asked.is_first AND package.first_session_price IS NOT NULL AS has_discount,
            CASE WHEN asked.is_first THEN coalesce(package.first_session_price, package.price)
                ELSE package.price END AS amount
        FROM asked
        JOIN core.price_packages AS package ON package.id = asked.package_id
        CROSS JOIN LATERAL (SELECT
            asked.status IN ('failed', 'failed_delivery', 'paid_late') AS owed,
            core.demo_chance(asked.key || 'refund') < CASE
                WHEN asked.status = 'consumed' THEN 0.01
                WHEN asked.at > clock_timestamp() - interval '1 day' THEN 0.5
                ELSE 0.99 END AS is_refunded
        ) AS owed
    )
    INSERT INTO core.payment_requests (
        id, customer_id, package_id, session_id, status, duration_minutes, amount, is_extension,
        is_first_session_discount, expires_at, paid_at, confirmed_at, consumed_at, failure_cause,
        refund_status, refund_due_amount, refunded_amount, created_at)
    SELECT priced.id, priced.customer_id, priced.package_id, priced.session_id, priced.status,
        priced.duration_minutes, priced.amount, priced.is_extension, priced.has_discount,
        priced.at + interval '15 minutes', priced.confirmed_at, priced.confirmed_at,
        priced.consumed_at, priced.failure_cause,
        CASE
            WHEN priced.is_refunded AND (priced.owed OR priced.status = 'consumed') THEN 'refunded'
            WHEN priced.owed THEN 'due' ELSE 'none' END,
        CASE WHEN priced.owed AND NOT priced.is_refunded THEN priced.amount ELSE 0 END,
        CASE
            WHEN NOT priced.is_refunded THEN 0
            WHEN priced.owed THEN priced.amount
            WHEN priced.status = 'consumed' THEN priced.amount / 2 ELSE 0 END,
        priced.at
    FROM priced;
END
$$;

COMMENT ON FUNCTION core.seed_demo_sessions(date, timestamptz, integer, integer) IS $$
Customers, sessions and payment requests of a day of core.demo_searches, in their final state.
$$;
