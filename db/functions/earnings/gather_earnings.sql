CREATE OR REPLACE FUNCTION core.gather_earnings(p_period core.payout_periods, p_rows integer)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_next uuid := coalesce(
        p_period.next_mitra_id, '00000000-0000-0000-0000-000000000000');
    v_first uuid;
    v_beyond uuid;
    v_open uuid[];
BEGIN
    -- Find whose turn it is: the next mitras, by id, with at most p_rows earnings in no payout, or
    -- a single mitra. v_beyond is the first whose turn it is not.
    v_first := (
        SELECT place.mitra_id FROM core.earning_payouts AS place
        WHERE place.payout_id IS NULL AND place.mitra_id >= v_next
        ORDER BY place.mitra_id LIMIT 1);
    v_beyond := (
        SELECT place.mitra_id FROM core.earning_payouts AS place
        WHERE place.payout_id IS NULL AND place.mitra_id >= v_next
        ORDER BY place.mitra_id OFFSET p_rows LIMIT 1);
    IF v_beyond = v_first THEN
        v_beyond := (
            SELECT place.mitra_id FROM core.earning_payouts AS place
            WHERE place.payout_id IS NULL AND place.mitra_id > v_first
            ORDER BY place.mitra_id LIMIT 1);
    END IF;

    -- Lock what they earned before the period's end and is in no payout, so that no other closing
    -- takes it.
    v_open := ARRAY(
        SELECT place.earning_id FROM core.earning_payouts AS place
        JOIN core.mitra_earnings AS earning ON earning.id = place.earning_id
        WHERE place.payout_id IS NULL AND earning.at < p_period.until
            AND place.mitra_id >= v_next AND (v_beyond IS NULL OR place.mitra_id < v_beyond)
        ORDER BY place.mitra_id, place.earning_id FOR UPDATE OF place);

    -- Write: a payout for each of them to whom something is owed. What is not above 0 stays for the
    -- next period.
    WITH earned AS (
        SELECT earning.id, earning.mitra_id,
            sum(earning.amount) OVER (PARTITION BY earning.mitra_id) AS owed
        FROM core.mitra_earnings AS earning
        WHERE earning.id = ANY (v_open)
    ), made AS (
        INSERT INTO core.payouts (mitra_id, until, amount, actor_id)
        SELECT DISTINCT earned.mitra_id, p_period.until, earned.owed, p_period.actor_id
        FROM earned WHERE earned.owed > 0
        RETURNING id, mitra_id
    )
    UPDATE core.earning_payouts AS place SET payout_id = made.id
    FROM earned JOIN made ON made.mitra_id = earned.mitra_id
    WHERE place.earning_id = earned.id;
    UPDATE core.payout_periods SET next_mitra_id = v_beyond,
        gathered_at = CASE WHEN v_beyond IS NULL THEN clock_timestamp() END
    WHERE until = p_period.until;
    RETURN v_beyond IS NULL;
END
$$;

COMMENT ON FUNCTION core.gather_earnings(core.payout_periods, integer) IS $$
The next step of a locked period: one payout each for the next mitras, by id, who together have at
most p_rows earnings in no payout; at least for one mitra. Returns whether it was the last step.
$$;
