CREATE OR REPLACE FUNCTION core.payment_figures(p_payment core.payment_requests)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT part.metric, '-infinity'::timestamptz, 0, part.value
FROM core.money_of(p_payment) AS money
CROSS JOIN LATERAL core.figures_of_money(
    money.confirmed, money.by_credit, money.held, money.kept, money.refund_due, money.refunded
) AS part
WHERE part.value <> 0
$$;

COMMENT ON FUNCTION core.payment_figures(core.payment_requests) IS $$
What a payment request counts for in the money balance, in rupiah: its confirmed money, and where
that is (core.money_of). Only for the totals of all time.
$$;
