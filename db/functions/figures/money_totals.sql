CREATE OR REPLACE FUNCTION core.money_totals()
RETURNS TABLE (metric text, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT figure.metric, sum(figure.value)::bigint
FROM (
    SELECT known.metric, known.value FROM core.figures AS known
    WHERE known.step = 'ever' AND known.at = '-infinity' AND known.metric LIKE 'money\_%'
    UNION ALL
    SELECT change.metric, change.value FROM core.figure_changes AS change
    WHERE change.at = '-infinity'
) AS figure
GROUP BY figure.metric
$$;

COMMENT ON FUNCTION core.money_totals() IS $$
What became of all confirmed money, in rupiah, by the metrics of core.payment_figures,
core.balance_figures, core.earning_figures and core.payout_figures: folded and not yet folded, so
exact at any moment.
$$;
