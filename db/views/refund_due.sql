CREATE VIEW ops.refund_due AS
SELECT
    payment.id AS payment_request_id, payment.customer_id, customer.display_name AS customer,
    payment.session_id, payment.provider,
    payment.amount, payment.refund_due_amount AS due, payment.refunded_amount AS refunded,
    coalesce(payment.failure_cause, refund.reason, session.end_reason) AS why,
    CASE payment.status WHEN 'consumed' THEN coalesce(session.ended_at, refund.requested_at)
        ELSE coalesce(extension.responded_at, session.ended_at, payment.confirmed_at) END AS since,
    payment.refund_status,
    refund.id AS refund_id, refund.status AS last_refund,
    refund.requested_at AS last_asked_at, refund.failure
FROM core.payment_requests AS payment
INNER JOIN core.customers AS customer ON payment.customer_id = customer.id
LEFT JOIN core.chat_sessions AS session ON payment.session_id = session.id
LEFT JOIN core.session_extensions AS extension ON payment.id = extension.payment_request_id
LEFT JOIN LATERAL (
    SELECT latest.* FROM core.refunds AS latest
    WHERE latest.payment_request_id = payment.id
    ORDER BY latest.requested_at DESC LIMIT 1
) AS refund ON true
WHERE payment.refund_status IN ('due', 'requested')
ORDER BY since, payment.id;

COMMENT ON VIEW ops.refund_due IS $$
The refund queue, longest owed first: what is owed to whom, of which payment, why and since when,
and the refund that was asked for last. api.request_refund pays it back.
$$;
