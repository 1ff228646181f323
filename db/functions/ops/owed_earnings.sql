CREATE OR REPLACE FUNCTION ops.owed_earnings()
RETURNS TABLE (
    mitra_id uuid, display_name text, is_active boolean, owed bigint, in_no_payout bigint,
    to_be_paid bigint, held bigint, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
-- What is in no payout, and what is in payouts that are not paid; then whose it is, one by one.
SELECT owed.mitra_id, mitra.display_name, mitra.is_active, owed.amount, owed.in_no_payout,
    owed.to_be_paid, owed.held, owed.since
FROM (
    SELECT part.mitra_id, sum(part.amount)::bigint AS amount,
        coalesce(sum(part.amount) FILTER (WHERE part.place = 'none'), 0)::bigint AS in_no_payout,
        coalesce(sum(part.amount) FILTER (WHERE part.place = 'open'), 0)::bigint AS to_be_paid,
        coalesce(sum(part.amount) FILTER (WHERE part.place = 'held'), 0)::bigint AS held,
        min(part.at) AS since
    FROM (
        SELECT place.mitra_id, earning.amount, 'none' AS place, earning.at
        FROM core.earning_payouts AS place
        CROSS JOIN LATERAL (
            SELECT known.amount, known.at FROM core.mitra_earnings AS known
            WHERE known.id = place.earning_id OFFSET 0
        ) AS earning
        WHERE place.payout_id IS NULL
        UNION ALL
        SELECT payout.mitra_id, payout.amount, payout.status, payout.created_at
        FROM core.payouts AS payout WHERE payout.status IN ('open', 'held')
    ) AS part
    GROUP BY part.mitra_id
    HAVING sum(part.amount) <> 0 OR count(*) FILTER (WHERE part.place <> 'none') > 0
) AS owed
CROSS JOIN LATERAL (
    SELECT known.display_name, known.is_active FROM core.mitras AS known
    WHERE known.id = owed.mitra_id OFFSET 0
) AS mitra
$$;

COMMENT ON FUNCTION ops.owed_earnings() IS $$
The rows of the view ops.owed_earnings. Raises nothing.
$$;
