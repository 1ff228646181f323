CREATE OR REPLACE FUNCTION core.money_counted()
RETURNS TABLE (metric text, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT figure.metric, sum(figure.value)::bigint
FROM (
    SELECT of_payment.metric, of_payment.value
    FROM core.payment_requests AS payment
    CROSS JOIN LATERAL core.payment_figures(payment) AS of_payment
    UNION ALL
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
