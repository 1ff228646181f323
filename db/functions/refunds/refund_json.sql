CREATE OR REPLACE FUNCTION core.refund_json(
    p_refund core.refunds, p_payment core.payment_requests)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', p_refund.id, 'amount', p_refund.amount, 'way', p_refund.way, 'status', p_refund.status,
    'provider', p_payment.provider, 'provider_payment_ref', p_payment.provider_payment_ref,
    'provider_ref', p_refund.provider_ref, 'reason', p_refund.reason, 'failure', p_refund.failure,
    'actor_id', p_refund.actor_id,
    'is_actor_active', core.is_active_user(p_refund.actor_id),
    'confirmed_by', p_refund.confirmed_by,
    'bank', p_refund.bank, 'reference', p_refund.reference,
    'paid_at', core.instant(p_refund.paid_at),
    'requested_at', core.instant(p_refund.requested_at),
    'settled_at', core.instant(p_refund.settled_at))
$$;

COMMENT ON FUNCTION core.refund_json(core.refunds, core.payment_requests) IS
'A refund of a payment request, as the control centre sees it.';
