CREATE OR REPLACE FUNCTION core.wrong_shares()
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
WITH counted AS MATERIALIZED (
    SELECT * FROM core.counted_shares()
)
SELECT
    'kept money is unassigned, of the platform, owed or paid out', 'money_balance',
    format('kept %s; unassigned %s, platform %s, owed %s, paid out %s', counted.kept,
        counted.unassigned, counted.platform, counted.owed, counted.paid_out)
FROM counted
WHERE counted.kept
    <> counted.unassigned + counted.platform + counted.owed + counted.paid_out
UNION ALL
SELECT
    'whose money is is counted as it moves', 'money_balance',
    format('counted %s, as it moved %s', sums, whose)
FROM core.kept_money() AS whose
CROSS JOIN counted
CROSS JOIN LATERAL (
    SELECT counted.unassigned, counted.platform, counted.owed, counted.paid_out) AS sums
WHERE (whose.unassigned, whose.platform, whose.owed, whose.paid_out)
    IS DISTINCT FROM (sums.unassigned, sums.platform, sums.owed, sums.paid_out)
$$;

COMMENT ON FUNCTION core.wrong_shares() IS $$
What must never be, of whose the money kept is (core.counted_shares).
$$;
