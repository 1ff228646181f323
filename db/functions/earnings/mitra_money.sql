CREATE OR REPLACE FUNCTION core.mitra_money(p_mitra_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'earnings', earned.amount, 'owed', earned.amount - paid.amount, 'paid_out', paid.amount)
FROM (
    SELECT coalesce(sum(earning.amount), 0) AS amount FROM core.mitra_earnings AS earning
    WHERE earning.mitra_id = p_mitra_id
) AS earned
CROSS JOIN (
    SELECT coalesce(sum(payout.amount), 0) AS amount FROM core.payouts AS payout
    WHERE payout.mitra_id = p_mitra_id AND payout.status = 'paid'
) AS paid
$$;

COMMENT ON FUNCTION core.mitra_money(uuid) IS $$
What a mitra earned so far, in rupiah: earnings = owed + paid_out. owed is below 0 when refunds took
more than was not paid out yet.
$$;
