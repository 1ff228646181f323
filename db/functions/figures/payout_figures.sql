CREATE OR REPLACE FUNCTION core.payout_figures(p_payout core.payouts)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT 'money_paid_out', '-infinity'::timestamptz, 0, p_payout.amount
WHERE p_payout.status = 'paid'
$$;

COMMENT ON FUNCTION core.payout_figures(core.payouts) IS $$
What a payout counts for in the money balance: its rupiah, once it is paid. Only for the totals of
all time.
$$;
