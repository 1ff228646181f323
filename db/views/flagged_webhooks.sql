CREATE VIEW ops.flagged_webhooks AS
SELECT
    receipt.id AS receipt_id, receipt.received_at, receipt.provider, receipt.event,
    receipt.outcome, receipt.payment_request_id,
    receipt.body #>> '{data,reference_id}' AS reference,
    receipt.body #>> '{data,status}' AS said_status,
    receipt.body #>> '{data,amount}' AS said_amount,
    receipt.body #>> '{data,currency}' AS said_currency,
    payment.status AS payment_status, payment.amount AS payment_amount
FROM core.webhook_receipts AS receipt
LEFT JOIN core.payment_requests AS payment ON receipt.payment_request_id = payment.id
WHERE receipt.is_flagged
ORDER BY receipt.received_at DESC;

COMMENT ON VIEW ops.flagged_webhooks IS $$
Webhooks that say what cannot be so, newest first: another amount or currency, an unknown
reference, money of which the provider does not know. They had no effect; a person must look.
$$;
