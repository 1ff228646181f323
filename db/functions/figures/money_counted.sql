CREATE OR REPLACE FUNCTION core.money_counted()
RETURNS TABLE (metric text, value bigint)
LANGUAGE sql STABLE
AS $$
-- One pass over the payments: a row a payment and metric would be six times as many.
SELECT part.metric, part.value
FROM (
    SELECT
        sum(money.confirmed)::bigint AS confirmed, sum(money.by_credit)::bigint AS by_credit,
        sum(money.held)::bigint AS held, sum(money.kept)::bigint AS kept,
        sum(money.refund_due)::bigint AS refund_due, sum(money.refunded)::bigint AS refunded
    FROM core.payment_requests AS payment CROSS JOIN LATERAL core.money_of(payment) AS money
) AS counted
CROSS JOIN LATERAL core.figures_of_money(
    counted.confirmed, counted.by_credit, counted.held, counted.kept, counted.refund_due,
    counted.refunded) AS part
WHERE part.value <> 0
UNION ALL
SELECT figure.metric, sum(figure.value)::bigint
FROM (
    SELECT of_entry.metric, of_entry.value
    FROM core.balance_entries AS entry CROSS JOIN LATERAL core.balance_figures(entry) AS of_entry
    UNION ALL
    SELECT of_earning.metric, of_earning.value
    FROM core.mitra_earnings AS earning
    CROSS JOIN LATERAL core.earning_figures(earning) AS of_earning
    UNION ALL
    SELECT of_payout.metric, of_payout.value
    FROM core.payouts AS payout CROSS JOIN LATERAL core.payout_figures(payout) AS of_payout
) AS figure
GROUP BY figure.metric
$$;

COMMENT ON FUNCTION core.money_counted() IS $$
The totals of core.money_totals, counted from every row there is.
$$;
