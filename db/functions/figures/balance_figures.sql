CREATE OR REPLACE FUNCTION core.balance_figures(p_entry core.balance_entries)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT 'money_credit', '-infinity'::timestamptz, 0, p_entry.amount
$$;

COMMENT ON FUNCTION core.balance_figures(core.balance_entries) IS $$
What an entry of a customer's balance counts for in the money balance: its rupiah of credit. Only
for the totals of all time.
$$;
