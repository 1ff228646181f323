CREATE OR REPLACE FUNCTION core.payment_events(p_payments core.payment_requests[])
RETURNS core.event[]
LANGUAGE sql STABLE
AS $$
SELECT ARRAY(
    SELECT core.to_customer(payment.customer_id, 'payment_updated',
        core.payment_request_json(payment) - 'id'
            || jsonb_build_object('payment_request_id', payment.id))
    FROM unnest(p_payments) AS payment
    ORDER BY payment.created_at, payment.id)
$$;

COMMENT ON FUNCTION core.payment_events(core.payment_requests[]) IS
'payment_updated for the customer of each payment request, the oldest first.';
