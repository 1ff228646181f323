CREATE OR REPLACE FUNCTION core.pay_by_credit(
    p_payment core.payment_requests, p_request_key text)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    PERFORM core.enter_balance(
        p_payment, 'spent', -p_payment.amount, p_request_key => p_request_key);
    RETURN core.take_money(p_payment, NULL);
END
$$;

COMMENT ON FUNCTION core.pay_by_credit(core.payment_requests, text) IS $$
Pays a new request of provider credit from the balance of its locked customer, who has that much,
and confirms it: a base payment opens its search. Returns the events for the caller to emit.
Notifies: pairing.
$$;
