CREATE OR REPLACE FUNCTION core.payment_details_json(p_payment core.payment_requests)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT core.payment_request_json(p_payment) || jsonb_build_object(
    'customer_id', p_payment.customer_id, 'provider_ref', p_payment.provider_ref,
    'paid_at', core.instant(p_payment.paid_at),
    'confirmed_at', core.instant(p_payment.confirmed_at),
    'consumed_at', core.instant(p_payment.consumed_at),
    'refund_due_amount', p_payment.refund_due_amount,
    'refunded_amount', p_payment.refunded_amount, 'refund', core.refund_json(p_payment.id))
$$;

COMMENT ON FUNCTION core.payment_details_json(core.payment_requests) IS
'A payment request as the control centre sees it, with its latest refund.';
