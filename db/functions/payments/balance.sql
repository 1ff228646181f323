CREATE OR REPLACE FUNCTION core.balance(p_customer_id uuid)
RETURNS bigint
LANGUAGE sql VOLATILE
AS $$
SELECT coalesce(sum(amount), 0)::bigint FROM core.balance_entries WHERE customer_id = p_customer_id
$$;

COMMENT ON FUNCTION core.balance(uuid) IS $$
What a customer has in the balance, in rupiah. While the customer is locked, nobody changes it.
$$;
