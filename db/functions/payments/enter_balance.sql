CREATE OR REPLACE FUNCTION core.enter_balance(
    p_payment core.payment_requests, p_kind text, p_amount bigint,
    p_refund_id uuid DEFAULT NULL, p_request_key text DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
INSERT INTO core.balance_entries (
    customer_id, kind, amount, payment_request_id, refund_id, request_key)
VALUES (p_payment.customer_id, p_kind, p_amount, p_payment.id, p_refund_id, p_request_key);
INSERT INTO core.customer_transactions (
    customer_id, session_id, payment_request_id, type, amount, details)
VALUES (
    p_payment.customer_id, p_payment.session_id, p_payment.id, 'balance', p_amount,
    jsonb_build_object('kind', p_kind, 'refund_id', p_refund_id));
$$;

COMMENT ON FUNCTION core.enter_balance(core.payment_requests, text, bigint, uuid, text) IS $$
Writes an entry of the balance of a locked customer, with its transaction: credited (p_amount above
0, by p_refund_id), spent on this request or returned to it (below 0).
$$;
