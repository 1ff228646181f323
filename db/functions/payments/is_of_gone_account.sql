CREATE OR REPLACE FUNCTION core.is_of_gone_account(p_payment core.payment_requests)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (SELECT FROM core.gone_customer(p_payment))
$$;

COMMENT ON FUNCTION core.is_of_gone_account(core.payment_requests) IS
'Whether the customer who asked for this payment has left since (core.gone_customer).';
