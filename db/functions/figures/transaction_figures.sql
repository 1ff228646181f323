CREATE OR REPLACE FUNCTION core.transaction_figures(p_transaction core.customer_transactions)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT CASE WHEN p_transaction.type = 'refund' THEN 'refunds' ELSE 'revenue' END,
    date_trunc('minute', p_transaction.created_at), 0, p_transaction.amount
WHERE p_transaction.type IN ('session', 'extension', 'refund')
$$;

COMMENT ON FUNCTION core.transaction_figures(core.customer_transactions) IS $$
What a customer's transaction counts for, in rupiah: revenue when the customer was charged, refunds
when money was paid back; anything else, nothing.
$$;
