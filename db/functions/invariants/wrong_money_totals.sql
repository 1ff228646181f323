CREATE OR REPLACE FUNCTION core.wrong_money_totals()
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
-- What is folded and what is not are the rows' sum.
SELECT
    'a total is the sum of its rows', metric,
    format('counted %s, kept %s', coalesce(counted.value, 0), coalesce(total.value, 0))
FROM core.money_counted() AS counted
FULL JOIN core.money_totals() AS total USING (metric)
WHERE coalesce(counted.value, 0) <> coalesce(total.value, 0)
$$;

COMMENT ON FUNCTION core.wrong_money_totals() IS $$
The totals of the money balance that are not the sums of their rows.
$$;
