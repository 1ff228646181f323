CREATE OR REPLACE FUNCTION core.wrong_money()
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
WITH balance AS MATERIALIZED (
    SELECT * FROM ops.money_balance()
)
SELECT 'every rupiah is accounted for', 'money_balance', balance.unaccounted::text
FROM balance
WHERE balance.unaccounted <> 0
UNION ALL
SELECT
    'kept money is unassigned, of the platform, owed or paid out', 'money_balance',
    format('kept %s; unassigned %s, platform %s, owed %s, paid out %s', balance.kept,
        balance.unassigned, balance.platform, balance.owed, balance.paid_out)
FROM balance
WHERE balance.kept
    <> balance.unassigned + balance.platform + balance.owed + balance.paid_out
UNION ALL
SELECT
    'whose money is is counted as it moves', 'money_balance',
    format('counted %s, as it moved %s', counted, whose)
FROM core.kept_money() AS whose
CROSS JOIN balance
CROSS JOIN LATERAL (
    SELECT balance.unassigned, balance.platform, balance.owed, balance.paid_out) AS counted
WHERE (whose.unassigned, whose.platform, whose.owed, whose.paid_out)
    IS DISTINCT FROM (counted.unassigned, counted.platform, counted.owed, counted.paid_out)
$$;

COMMENT ON FUNCTION core.wrong_money() IS $$
What must never be, of the sums of all money (ops.money_balance).
$$;
