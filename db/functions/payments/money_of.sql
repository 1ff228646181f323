CREATE OR REPLACE FUNCTION core.money_of(p_payment core.payment_requests)
RETURNS TABLE (
    confirmed bigint, by_credit bigint, held bigint, kept bigint, refund_due bigint,
    refunded bigint, credited bigint)
LANGUAGE sql IMMUTABLE
AS $$
SELECT
    CASE WHEN p_payment.confirmed_at IS NOT NULL THEN p_payment.amount ELSE 0 END,
    CASE WHEN p_payment.confirmed_at IS NOT NULL AND p_payment.provider = 'credit'
        THEN p_payment.amount ELSE 0 END,
    CASE p_payment.status WHEN 'confirmed' THEN p_payment.amount ELSE 0 END,
    CASE p_payment.status WHEN 'consumed' THEN p_payment.amount
        - p_payment.refund_due_amount - p_payment.refunded_amount - p_payment.credited_amount
        ELSE 0 END,
    p_payment.refund_due_amount, p_payment.refunded_amount, p_payment.credited_amount
$$;

COMMENT ON FUNCTION core.money_of(core.payment_requests) IS $$
Where the money of a payment request is, in rupiah: confirmed = held + kept + refund_due + refunded
+ credited. by_credit = what of confirmed was paid from the customer's balance.
$$;
