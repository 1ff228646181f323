CREATE OR REPLACE FUNCTION core.gone_customer(p_payment core.payment_requests)
RETURNS TABLE (customer_id uuid)
LANGUAGE sql STABLE
AS $$
SELECT customer.id FROM core.customers AS customer
WHERE customer.id = p_payment.customer_id
    AND (customer.deleted_at IS NOT NULL OR p_payment.created_at < customer.merged_at)
$$;

COMMENT ON FUNCTION core.gone_customer(core.payment_requests) IS $$
The customer who asked for this payment and has left since: the account was deleted, or merged into
another; or no row. As a table, which PostgreSQL puts in line in a list of many payments.
$$;
