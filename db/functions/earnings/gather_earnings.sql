CREATE OR REPLACE FUNCTION core.gather_earnings(
    p_period core.payout_periods, p_rows integer DEFAULT 5000)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_come_again boolean :=
        p_period.next_mitra_id IS NULL AND cardinality(p_period.passed_mitra_ids) > 0;
    v_found core.earning_payouts[];
    v_turn uuid[];
    v_beyond uuid;
    v_locked uuid[];
    v_left uuid[];
BEGIN
    -- Find whose turn it is: the next mitras, by id, with p_rows earnings in no payout, and all
    -- such earnings of the last of them; after everybody, those who were passed over. v_beyond is
    -- the first whose turn it is not.
    IF v_come_again THEN
        v_found := ARRAY(
            SELECT place
            FROM unnest(p_period.passed_mitra_ids) WITH ORDINALITY AS passed (mitra_id, number)
            JOIN core.earning_payouts AS place
                ON place.mitra_id = passed.mitra_id AND place.payout_id IS NULL
            ORDER BY passed.number FETCH FIRST p_rows ROWS WITH TIES);
    ELSE
        v_found := ARRAY(
            SELECT place FROM core.earning_payouts AS place
            WHERE place.payout_id IS NULL AND place.mitra_id >= coalesce(
                p_period.next_mitra_id, '00000000-0000-0000-0000-000000000000')
            ORDER BY place.mitra_id FETCH FIRST p_rows ROWS WITH TIES);
        v_beyond := (
            SELECT place.mitra_id FROM core.earning_payouts AS place
            WHERE place.payout_id IS NULL
                AND place.mitra_id > (v_found[cardinality(v_found)]).mitra_id
            ORDER BY place.mitra_id LIMIT 1);
    END IF;
    v_turn := ARRAY(SELECT DISTINCT place.mitra_id FROM unnest(v_found) AS place);
    v_found := ARRAY(
        SELECT place FROM unnest(v_found) AS place
        JOIN core.mitra_earnings AS earning ON earning.id = place.earning_id
        WHERE earning.at < p_period.until);

    -- Lock what they earned before the period's end. Who has a held row is passed over, whole: a
    -- mitra has one payout a period.
    v_locked := core.lock_earnings(v_found);
    v_left := ARRAY(
        SELECT passed.mitra_id
        FROM unnest(p_period.passed_mitra_ids) WITH ORDINALITY AS passed (mitra_id, number)
        WHERE passed.mitra_id <> ALL (v_turn) AND EXISTS (
            SELECT FROM core.earning_payouts AS place
            WHERE place.mitra_id = passed.mitra_id AND place.payout_id IS NULL)
        ORDER BY passed.number
    ) || ARRAY(
        SELECT DISTINCT place.mitra_id FROM unnest(v_found) AS place
        WHERE place.earning_id <> ALL (v_locked));

    -- Write: a payout for each of them to whom something is owed. What is not above 0 stays for the
    -- next period.
    WITH earned AS (
        SELECT earning.id, earning.mitra_id,
            sum(earning.amount) OVER (PARTITION BY earning.mitra_id) AS owed
        FROM core.mitra_earnings AS earning
        WHERE earning.id = ANY (v_locked)
    ), made AS (
        INSERT INTO core.payouts (mitra_id, until, amount, actor_id)
        SELECT DISTINCT earned.mitra_id, p_period.until, earned.owed, p_period.actor_id
        FROM earned WHERE earned.owed > 0
        RETURNING id, mitra_id
    )
    UPDATE core.earning_payouts AS place SET payout_id = made.id
    FROM earned JOIN made ON made.mitra_id = earned.mitra_id
    WHERE place.earning_id = earned.id;
    UPDATE core.payout_periods SET next_mitra_id = v_beyond, passed_mitra_ids = v_left,
        gathered_at = CASE WHEN v_beyond IS NULL AND v_left = '{}' THEN clock_timestamp() END
    WHERE until = p_period.until
        AND (v_left = '{}'
            OR (next_mitra_id, passed_mitra_ids) IS DISTINCT FROM (v_beyond, v_left));
    RETURN NOT v_come_again OR cardinality(v_left) < cardinality(p_period.passed_mitra_ids);
END
$$;

COMMENT ON FUNCTION core.gather_earnings(core.payout_periods, integer) IS $$
The next step of a locked period: one payout each for the next mitras, by id, who together have
about p_rows earnings in no payout. Waits for nobody: mitras with a held row are passed over and
come again after all others. Returns false when it looked at such mitras alone and all of them have
held rows still; the next step begins with others of them, if there are any.
$$;
