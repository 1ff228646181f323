CREATE OR REPLACE FUNCTION core.earning_figures(p_earning core.mitra_earnings)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT 'money_earned', '-infinity'::timestamptz, 0, p_earning.amount
$$;

COMMENT ON FUNCTION core.earning_figures(core.mitra_earnings) IS $$
What an earning counts for in the money balance: its rupiah. Only for the totals of all time.
$$;
