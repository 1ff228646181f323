CREATE OR REPLACE FUNCTION ops.refund_due()
RETURNS TABLE (
    payment_request_id uuid,
    customer_id uuid,
    customer text,
    session_id uuid,
    provider text,
    amount bigint,
    due bigint,
    refunded bigint,
    why text,
    since timestamptz,
    days_owed integer,
    refund_status text,
    ways text[],
    refund_id uuid,
    way text,
    last_refund text,
    last_asked_at timestamptz,
    failure text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT
    payment.id, payment.customer_id, customer.display_name, payment.session_id, payment.provider,
    payment.amount, payment.refund_due_amount, payment.refunded_amount,
    coalesce(payment.failure_cause, refund.reason, session.end_reason),
    owed.since,
    floor(extract(epoch FROM clock_timestamp() - owed.since) / 86400)::integer,
    payment.refund_status, core.refund_ways(payment),
    refund.id, refund.way, refund.status, refund.requested_at, refund.failure
FROM core.payment_requests AS payment
-- one by one, and not all that there ever were
CROSS JOIN LATERAL (
    SELECT known.display_name FROM core.customers AS known
    WHERE known.id = payment.customer_id OFFSET 0
) AS customer
LEFT JOIN LATERAL (
    SELECT known.status, known.ended_at, known.end_reason FROM core.chat_sessions AS known
    WHERE known.id = payment.session_id OFFSET 0
) AS session ON true
LEFT JOIN LATERAL (
    SELECT known.responded_at FROM core.session_extensions AS known
    WHERE known.payment_request_id = payment.id OFFSET 0
) AS extension ON true
LEFT JOIN LATERAL core.latest_refund(payment.id) AS refund ON true
CROSS JOIN LATERAL (
    SELECT coalesce(max(paid.settled_at), '-infinity') FROM core.refunds AS paid
    WHERE paid.payment_request_id = payment.id AND paid.status = 'succeeded'
) AS paid_back (at)
-- Kept money became due when it was asked back, a balance when it was returned, and no money
-- before it came.
CROSS JOIN LATERAL (
    SELECT min(asked.requested_at) FROM core.refunds AS asked
    WHERE asked.payment_request_id = payment.id AND asked.status <> 'succeeded'
        AND asked.requested_at > paid_back.at
) AS asked (at)
CROSS JOIN LATERAL (
    SELECT min(entry.created_at), -sum(entry.amount) FROM core.balance_entries AS entry
    WHERE entry.payment_request_id = payment.id AND entry.kind = 'returned'
        AND entry.created_at > paid_back.at
) AS returned (at, amount)
CROSS JOIN LATERAL (
    SELECT coalesce(
        CASE
            WHEN returned.amount >= payment.refund_due_amount THEN returned.at
            WHEN payment.status <> 'consumed'
                THEN greatest(
                    coalesce(extension.responded_at, session.ended_at), payment.confirmed_at)
            WHEN (session.status IN ('cancelled', 'failed')
                OR session.end_reason = 'no_first_reply') AND paid_back.at < session.ended_at
                THEN session.ended_at
            ELSE least(asked.at, returned.at) END,
        session.ended_at, payment.confirmed_at)
) AS owed (since)
WHERE payment.refund_status IN ('due', 'requested')
ORDER BY owed.since, payment.id
$$;

COMMENT ON FUNCTION ops.refund_due() IS $$
The rows of the view ops.refund_due. Raises nothing.
$$;
