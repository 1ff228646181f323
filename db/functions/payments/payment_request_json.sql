CREATE OR REPLACE FUNCTION core.payment_request_json(p_payment core.payment_requests)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', p_payment.id, 'status', p_payment.status, 'package_id', p_payment.package_id,
    'duration_minutes', p_payment.duration_minutes, 'amount', p_payment.amount,
    'is_extension', p_payment.is_extension,
    'is_first_session_discount', p_payment.is_first_session_discount,
    'provider', p_payment.provider, 'checkout_url', p_payment.checkout_url,
    'expires_at', core.instant(p_payment.expires_at), 'session_id', p_payment.session_id,
    'failure_cause', p_payment.failure_cause, 'refund_status', p_payment.refund_status,
    'created_at', core.instant(p_payment.created_at))
$$;

COMMENT ON FUNCTION core.payment_request_json(core.payment_requests) IS
'A payment request as its customer sees it.';
