CREATE OR REPLACE FUNCTION ops.stuck_payments()
RETURNS TABLE (
    payment_request_id uuid,
    customer_id uuid,
    session_id uuid,
    provider text,
    amount bigint,
    status text,
    why text,
    since timestamptz,
    remedy text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
WITH stuck AS (
    -- What a sweep should have ended. Two minutes give the sweep its turn first; an extension is
    -- given its time for delivery, too. A time that is read once lets an index find what is older.
    SELECT
        payment.id, 'its link ran out, and nobody swept it' AS why,
        payment.expires_at AS since, 'expire' AS remedy
    FROM core.payment_requests AS payment
    WHERE payment.status = 'pending'
        AND payment.expires_at < (SELECT clock_timestamp() - interval '2 minutes')
    UNION ALL
    SELECT payment.id, 'paid, with nothing to show for it', payment.confirmed_at, 'expire'
    FROM core.payment_requests AS payment
    WHERE payment.status = 'confirmed'
        AND payment.confirmed_at < (SELECT clock_timestamp() - interval '2 minutes')
        AND core.is_undelivered(payment)
        AND payment.confirmed_at < clock_timestamp() - interval '2 minutes'
            - CASE WHEN payment.is_extension
                THEN core.config_seconds('payment_delivery_seconds') ELSE '0' END
    UNION ALL
    -- What a webhook says and nothing confirms.
    SELECT
        receipt.payment_request_id,
        'a webhook says it is paid, and the provider was not heard yet',
        receipt.received_at, 'confirm'
    FROM core.webhook_receipts AS receipt
    WHERE receipt.processed_at IS NULL
        AND NOT receipt.is_flagged
        AND receipt.received_at < clock_timestamp() - interval '2 minutes'
    UNION ALL
    SELECT
        receipt.payment_request_id, 'a webhook was flagged: ' || receipt.outcome,
        receipt.received_at, 'confirm'
    FROM core.webhook_receipts AS receipt
    CROSS JOIN LATERAL (
        SELECT FROM core.payment_requests AS payment
        WHERE payment.id = receipt.payment_request_id AND payment.confirmed_at IS NULL
        OFFSET 0
    ) AS unconfirmed
    WHERE receipt.is_flagged
    UNION ALL
    -- Refunds that go on too long, or failed and were not asked for again.
    SELECT
        refund.payment_request_id,
        CASE refund.way WHEN 'provider'
            THEN 'a refund was asked for, and the provider does not settle it'
            ELSE 'a refund by transfer was asked for, and nobody says whether it was paid' END,
        refund.requested_at,
        CASE refund.way WHEN 'provider' THEN 'refund' ELSE 'api.confirm_refund' END
    FROM core.refunds AS refund
    WHERE refund.status = 'unanswered'
        OR (refund.status = 'requested'
            AND refund.requested_at < clock_timestamp() - interval '1 day')
    UNION ALL
    SELECT
        payment.id, 'its refund failed: ' || coalesce(refund.failure, 'no reason given'),
        refund.settled_at, 'refund'
    FROM core.payment_requests AS payment
    CROSS JOIN LATERAL core.latest_refund(payment.id) AS refund
    WHERE payment.refund_status = 'due' AND refund.status = 'failed'
)
SELECT
    payment.id, payment.customer_id, payment.session_id, payment.provider, payment.amount,
    payment.status, stuck.why, stuck.since, stuck.remedy
FROM stuck
-- one by one, and not all payments that there ever were
CROSS JOIN LATERAL (
    SELECT * FROM core.payment_requests AS known WHERE known.id = stuck.id OFFSET 0
) AS payment
ORDER BY stuck.since, payment.id
$$;

COMMENT ON FUNCTION ops.stuck_payments() IS $$
The rows of the view ops.stuck_payments. Raises nothing.
$$;
