CREATE OR REPLACE FUNCTION core.consume_payment(p_payment core.payment_requests)
RETURNS core.payment_requests
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    p_payment.status := 'consumed';
    p_payment.consumed_at := clock_timestamp();
    PERFORM core.save_payment(p_payment);
    INSERT INTO core.customer_transactions (
        customer_id, session_id, payment_request_id, type, amount)
    VALUES (
        p_payment.customer_id, p_payment.session_id, p_payment.id,
        CASE WHEN p_payment.is_extension THEN 'extension' ELSE 'session' END, p_payment.amount);
    RETURN p_payment;
END
$$;

COMMENT ON FUNCTION core.consume_payment(core.payment_requests) IS $$
Keeps the money of a locked, confirmed payment: consumed, together with its row in
customer_transactions.
$$;
