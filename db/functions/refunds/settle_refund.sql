CREATE OR REPLACE FUNCTION core.settle_refund(
    p_refund core.refunds, p_payment core.payment_requests, p_status text,
    p_failure text DEFAULT NULL)
RETURNS core.payment_requests
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    UPDATE core.refunds
    SET status = p_status, failure = p_failure, is_unsure = is_unsure OR p_status = 'unanswered',
        settled_at = CASE WHEN p_status <> 'unanswered' THEN clock_timestamp() END
    WHERE id = p_refund.id;
    IF p_status = 'succeeded' THEN
        p_payment.refund_due_amount := p_payment.refund_due_amount - p_refund.amount;
    END IF;
    IF p_status = 'succeeded' AND p_refund.way = 'credit' THEN
        p_payment.credited_amount := p_payment.credited_amount + p_refund.amount;
        PERFORM core.enter_balance(p_payment, 'credited', p_refund.amount, p_refund.id);
    ELSIF p_status = 'succeeded' THEN
        p_payment.refunded_amount := p_payment.refunded_amount + p_refund.amount;
        INSERT INTO core.customer_transactions (
            customer_id, session_id, payment_request_id, type, amount, details)
        VALUES (
            p_payment.customer_id, p_payment.session_id, p_payment.id, 'refund', p_refund.amount,
            jsonb_build_object('refund_id', p_refund.id,
                'reason', coalesce(p_refund.reason, p_payment.failure_cause)));
    END IF;
    p_payment.refund_status := CASE
        WHEN p_payment.refund_due_amount > 0 THEN 'due' ELSE 'refunded' END;
    PERFORM core.save_payment(p_payment);
    RETURN p_payment;
END
$$;

COMMENT ON FUNCTION core.settle_refund(core.refunds, core.payment_requests, text, text) IS $$
Writes what became of a refund whose payment is locked: succeeded, with its transaction, and by way
credit its entry of the balance; failed or unanswered, so that the money is due again. Returns the
payment.
$$;
