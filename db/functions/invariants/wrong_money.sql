CREATE OR REPLACE FUNCTION core.wrong_money()
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
SELECT 'every rupiah is accounted for', 'money_balance', money.unaccounted::text
FROM core.counted_money() AS money
WHERE money.unaccounted <> 0
$$;

COMMENT ON FUNCTION core.wrong_money() IS $$
What must never be, of the sums of all money (core.counted_money).
$$;
