CREATE OR REPLACE FUNCTION core.is_of_gone_account(p_payment core.payment_requests)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT FROM core.customers AS customer
    WHERE customer.id = p_payment.customer_id
        AND (customer.deleted_at IS NOT NULL OR p_payment.created_at < customer.merged_at))
$$;

COMMENT ON FUNCTION core.is_of_gone_account(core.payment_requests) IS $$
Whether the customer who asked for this payment has left since: the account was deleted, or merged
into another.
$$;
