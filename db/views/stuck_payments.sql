CREATE VIEW ops.stuck_payments AS
SELECT
    stuck.payment_request_id, payment.customer_id, payment.session_id, payment.provider, payment.amount, payment.status, stuck.why, stuck.since,
    stuck.remedy
FROM (
    SELECT payment.id AS payment_request_id, 'its link ran out, and nobody swept it' AS why, payment.expires_at AS since, 'expire' AS remedy
    FROM core.payment_requests AS payment
    WHERE payment.status = 'pending' AND payment.expires_at < clock_timestamp() - interval '2 minutes'
    UNION ALL
    SELECT payment.id, 'paid, and there is nothing to show for it', payment.confirmed_at, 'expire'
    FROM core.payment_requests AS payment
    WHERE core.is_undelivered(payment) AND payment.confirmed_at < clock_timestamp() - interval '2 minutes'
    UNION ALL
    SELECT payment.id, 'a webhook says it is paid, and the provider was not heard yet', receipt.received_at, 'confirm'
    FROM core.webhook_receipts AS receipt
    INNER JOIN core.payment_requests AS payment ON receipt.payment_request_id = payment.id
    WHERE receipt.processed_at IS NULL AND receipt.received_at < clock_timestamp() - interval '2 minutes'
    UNION ALL
    SELECT payment.id, 'a webhook was flagged: ' || receipt.outcome, receipt.received_at, 'confirm'
    FROM core.webhook_receipts AS receipt
    INNER JOIN core.payment_requests AS payment ON receipt.payment_request_id = payment.id
    WHERE receipt.is_flagged AND payment.confirmed_at IS NULL
    UNION ALL
    SELECT refund.payment_request_id, 'a refund was asked for, and the provider did not settle it', refund.requested_at, 'refund'
    FROM core.refunds AS refund
    WHERE refund.status = 'unanswered' OR (refund.status = 'requested' AND refund.requested_at < clock_timestamp() - interval '1 day')
    UNION ALL
    SELECT refund.payment_request_id, 'a refund failed: ' || coalesce(refund.failure, 'no reason given'), refund.settled_at, 'refund'
    FROM core.refunds AS refund
    INNER JOIN core.payment_requests AS payment ON refund.payment_request_id = payment.id
    WHERE refund.status = 'failed' AND payment.refund_status = 'due'
) AS stuck
INNER JOIN core.payment_requests AS payment ON stuck.payment_request_id = payment.id
ORDER BY stuck.since, payment.id;

COMMENT ON VIEW ops.stuck_payments IS $$
Payments that need a person, longest first: why, since when, and what remedy db/psql/settle_a_payment.sql has for it. Empty when a listener
runs and the provider answers. A refund that is only due is no such case: ops.refund_due has it.
$$;
