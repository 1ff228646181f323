CREATE OR REPLACE FUNCTION core.lock_earnings(p_open core.earning_payouts[])
RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_earnings uuid[];
    v_mitras uuid[] := ARRAY(SELECT DISTINCT place.mitra_id FROM unnest(p_open) AS place);
BEGIN
    -- Mitras, to whom payouts refer; then in which payout their earnings are: still in none.
    v_mitras := ARRAY(
        SELECT mitra.id FROM unnest(v_mitras) AS earner (id)
        CROSS JOIN LATERAL (
            SELECT known.id FROM core.mitras AS known
            WHERE known.id = earner.id FOR KEY SHARE SKIP LOCKED
        ) AS mitra);
    v_earnings := ARRAY(
        SELECT place.earning_id FROM core.earning_payouts AS place
        WHERE place.mitra_id = ANY (v_mitras) AND place.payout_id IS NULL
        ORDER BY place.mitra_id, place.earning_id FOR NO KEY UPDATE SKIP LOCKED);
    RETURN ARRAY(
        SELECT unnest(array_agg(place.earning_id)) FROM unnest(p_open) AS place
        GROUP BY place.mitra_id HAVING bool_and(place.earning_id = ANY (v_earnings)));
END
$$;

COMMENT ON FUNCTION core.lock_earnings(core.earning_payouts[]) IS $$
Locks earnings that are in no payout for due work, without ever waiting, so that no other closing
takes them. Returns those of the mitras of whom it locked everything: all of them, and the mitra.
$$;
