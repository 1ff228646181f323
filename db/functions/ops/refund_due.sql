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
JOIN core.customers AS customer ON payment.customer_id = customer.id
LEFT JOIN core.chat_sessions AS session ON payment.session_id = session.id
LEFT JOIN core.session_extensions AS extension ON payment.id = extension.payment_request_id
LEFT JOIN LATERAL core.latest_refund(payment.id) AS refund ON true
CROSS JOIN LATERAL (
    SELECT coalesce(
        CASE payment.status WHEN 'consumed' THEN coalesce(session.ended_at, refund.requested_at)
            ELSE coalesce(extension.responded_at, session.ended_at) END,
        payment.confirmed_at)
) AS owed (since)
WHERE payment.refund_status IN ('due', 'requested')
ORDER BY owed.since, payment.id
$$;

COMMENT ON FUNCTION ops.refund_due() IS $$
The rows of the view ops.refund_due. Raises nothing.
$$;
