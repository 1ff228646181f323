CREATE OR REPLACE FUNCTION core.save_payment(p_payment core.payment_requests)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
UPDATE core.payment_requests
SET session_id = p_payment.session_id, status = p_payment.status, paid_at = p_payment.paid_at,
    confirmed_at = p_payment.confirmed_at, consumed_at = p_payment.consumed_at,
    failure_cause = p_payment.failure_cause, refund_status = p_payment.refund_status,
    refund_due_amount = p_payment.refund_due_amount,
    refunded_amount = p_payment.refunded_amount, credited_amount = p_payment.credited_amount
WHERE id = p_payment.id
$$;

COMMENT ON FUNCTION core.save_payment(core.payment_requests) IS
'Writes a changed, locked payment request.';
