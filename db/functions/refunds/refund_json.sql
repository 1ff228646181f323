CREATE OR REPLACE FUNCTION core.refund_json(p_payment_request_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', refund.id, 'amount', refund.amount, 'status', refund.status,
    'provider', payment.provider, 'provider_payment_ref', payment.provider_payment_ref,
    'provider_ref', refund.provider_ref, 'reason', refund.reason, 'failure', refund.failure,
    'requested_at', core.instant(refund.requested_at),
    'settled_at', core.instant(refund.settled_at))
FROM core.refunds AS refund
JOIN core.payment_requests AS payment ON payment.id = refund.payment_request_id
WHERE refund.payment_request_id = p_payment_request_id
ORDER BY refund.requested_at DESC
LIMIT 1
$$;

COMMENT ON FUNCTION core.refund_json(uuid) IS 'The latest refund of a payment request, or null.';
