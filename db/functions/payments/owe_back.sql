CREATE OR REPLACE FUNCTION core.owe_back(
    p_payment core.payment_requests, p_status text, p_cause text)
RETURNS core.payment_requests
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    p_payment.status := p_status;
    p_payment.failure_cause := p_cause;
    p_payment.refund_status := 'due';
    p_payment.refund_due_amount := p_payment.amount;
    RETURN p_payment;
END
$$;

COMMENT ON FUNCTION core.owe_back(core.payment_requests, text, text) IS
'A paid request that came to nothing: its whole amount is due to the customer.';
