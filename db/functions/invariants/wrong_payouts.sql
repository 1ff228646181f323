CREATE OR REPLACE FUNCTION core.wrong_payouts(p_from timestamptz, p_until timestamptz)
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
SELECT
    'a payout is the sum of its earnings, and has none when it failed', payout.id::text,
    format('%s %s, earnings %s', payout.status, payout.amount, gathered.amount)
FROM core.payouts AS payout
CROSS JOIN LATERAL (
    SELECT sum(earning.amount) AS amount
    FROM core.earning_payouts AS place
    JOIN core.mitra_earnings AS earning ON earning.id = place.earning_id
    WHERE place.payout_id = payout.id
) AS gathered
WHERE payout.created_at >= p_from AND payout.created_at < p_until
    AND gathered.amount IS DISTINCT FROM nullif(payout.amount, CASE payout.status
        WHEN 'failed' THEN payout.amount END)
$$;

COMMENT ON FUNCTION core.wrong_payouts(timestamptz, timestamptz) IS $$
What must never be, of payouts made from p_from until before p_until.
$$;
