CREATE OR REPLACE FUNCTION core.seed_demo_money(
    p_day date, p_until timestamptz, p_seed integer, p_customers integer)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    WITH search AS MATERIALIZED (
        SELECT * FROM core.demo_searches(p_day, p_until, p_seed, p_customers)
    ),
    payment AS MATERIALIZED (
        SELECT payment.*, md5(payment.id || 'refund')::uuid AS refund_id,
            least(payment.confirmed_at + (10 + 400 * core.demo_chance(payment.id || 'refunded'))
                * interval '1 minute', now()) AS refunded_at
        FROM search
        JOIN core.payment_requests AS payment
            ON payment.id IN (search.payment_id, md5(search.key || 'more')::uuid)
    ),
    extension AS (
        INSERT INTO core.session_extensions (
            id, session_id, requested_duration_minutes, requested_price, status, requested_at,
            expires_at, responded_at, payment_request_id)
        SELECT md5(search.key || 'extension')::uuid, search.session_id, payment.duration_minutes,
            payment.amount, search.more_fate, search.more_asked_at,
            search.more_asked_at + interval '60 seconds', search.more_answered_at, payment.id
        FROM search JOIN payment ON payment.session_id = search.session_id AND payment.is_extension
    ),
    refund AS (
        INSERT INTO core.refunds (
            id, payment_request_id, amount, status, reason, requested_at, settled_at)
        SELECT payment.refund_id, payment.id, payment.refunded_amount, 'succeeded',
            CASE payment.status WHEN 'consumed' THEN 'a gesture' END, payment.refunded_at,
            payment.refunded_at
        FROM payment WHERE payment.refunded_amount > 0
    )
    -- What was charged when it was kept, and what was given back.
    INSERT INTO core.customer_transactions (
        id, customer_id, session_id, payment_request_id, type, amount, details, created_at)
    SELECT md5(payment.id || entry.type)::uuid, payment.customer_id, payment.session_id, payment.id,
        entry.type, entry.amount, entry.details, entry.at
    FROM payment
    CROSS JOIN LATERAL (
        SELECT CASE WHEN payment.is_extension THEN 'extension' ELSE 'session' END,
            payment.amount, '{}'::jsonb, payment.consumed_at
        WHERE payment.status = 'consumed'
        UNION ALL
        SELECT 'refund', payment.refunded_amount,
            jsonb_build_object('refund_id', payment.refund_id,
                'reason', coalesce(payment.failure_cause, 'a gesture')), payment.refunded_at
        WHERE payment.refunded_amount > 0
    ) AS entry (type, amount, details, at);
END
$$;

COMMENT ON FUNCTION core.seed_demo_money(date, timestamptz, integer, integer) IS $$
Extensions, refunds and transactions of a day of core.demo_searches; its sessions and payments are
there.
$$;
