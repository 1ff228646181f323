CREATE OR REPLACE FUNCTION core.payment_details_json(p_payment core.payment_requests)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT core.payment_request_json(p_payment) || jsonb_build_object(
    'customer_id', p_payment.customer_id, 'provider_ref', p_payment.provider_ref,
    'provider_channel', p_payment.provider_channel,
    'paid_at', core.instant(p_payment.paid_at),
    'confirmed_at', core.instant(p_payment.confirmed_at),
    'consumed_at', core.instant(p_payment.consumed_at),
    'held_amount', money.held, 'kept_amount', money.kept,
    'refund_due_amount', p_payment.refund_due_amount,
    'refunded_amount', p_payment.refunded_amount,
    'credited_amount', p_payment.credited_amount,
    'ways', CASE WHEN money.held + money.kept + money.refund_due > 0
        THEN core.refund_ways(p_payment) ELSE '{}' END,
    'refund', refunds.items -> 0, 'refunds', refunds.items)
FROM core.money_of(p_payment) AS money
CROSS JOIN (
    SELECT coalesce(jsonb_agg(
        core.refund_json(refund, p_payment) ORDER BY refund.requested_at DESC), '[]') AS items
    FROM core.refunds AS refund
    WHERE refund.payment_request_id = p_payment.id
) AS refunds
$$;

COMMENT ON FUNCTION core.payment_details_json(core.payment_requests) IS $$
A payment request as the control centre sees it: where its money is, by which ways that can be paid
back now, and its refunds, latest first (refund is the latest).
$$;
