CREATE OR REPLACE FUNCTION core.has_business(p_customer_id uuid)
RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
SELECT core.open_session_id(p_customer_id) IS NOT NULL OR EXISTS (
    SELECT FROM core.payment_requests
    WHERE customer_id = p_customer_id AND (status = 'confirmed' OR refund_due_amount > 0))
    OR core.balance(p_customer_id) > 0
$$;

COMMENT ON FUNCTION core.has_business(uuid) IS $$
Whether a customer has an open session, or money held, due or in the balance.
$$;
