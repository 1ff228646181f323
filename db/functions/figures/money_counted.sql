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
) AS figure
GROUP BY figure.metric
$$;

COMMENT ON FUNCTION core.money_counted() IS $$
The totals of core.money_totals, counted from every row there is.
$$;
