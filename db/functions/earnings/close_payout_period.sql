CREATE OR REPLACE FUNCTION api.close_payout_period(
    p_until timestamptz, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_open uuid[];
    v_made jsonb;
BEGIN
    PERFORM core.require('until', p_until::text);
    IF p_until >= clock_timestamp() THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A period ends in the past.', 'Earnings of the future are not known.', 'until');
    END IF;

    -- Lock what was earned until then and is in no payout, so that no other closing takes it.
    -- Whoever closes the same period at once waits for its row, and finds what was made.
    v_open := ARRAY(
        SELECT place.earning_id FROM core.earning_payouts AS place
        JOIN core.mitra_earnings AS earning ON earning.id = place.earning_id
        WHERE place.payout_id IS NULL AND earning.at < p_until
        ORDER BY place.earning_id FOR UPDATE OF place);
    INSERT INTO core.payout_periods (until, actor_id) VALUES (p_until, p_actor_id)
    ON CONFLICT (until) DO NOTHING;

    -- Write: a payout for each mitra to whom something is owed. What is not above 0 stays for the
    -- next period.
    IF FOUND THEN
        WITH earned AS (
            SELECT earning.id, earning.mitra_id,
                sum(earning.amount) OVER (PARTITION BY earning.mitra_id) AS owed
            FROM core.mitra_earnings AS earning
            WHERE earning.id = ANY (v_open)
        ), made AS (
            INSERT INTO core.payouts (mitra_id, until, amount, actor_id)
            SELECT DISTINCT earned.mitra_id, p_until, earned.owed, p_actor_id
            FROM earned WHERE earned.owed > 0
            RETURNING id, mitra_id, amount
        ), gathered AS (
            UPDATE core.earning_payouts AS place SET payout_id = made.id
            FROM earned JOIN made ON made.mitra_id = earned.mitra_id
            WHERE place.earning_id = earned.id
        )
        SELECT jsonb_build_object('payouts', count(*), 'amount', coalesce(sum(made.amount), 0))
        INTO v_made FROM made;
        PERFORM core.audit(p_actor_id, 'payout.close', core.instant(p_until), NULL, v_made);
    END IF;
    RETURN (
        SELECT jsonb_build_object(
            'until', core.instant(period.until), 'closed_at', core.instant(period.closed_at),
            'actor_id', period.actor_id, 'amount', coalesce(payouts.amount, 0),
            'items', coalesce(payouts.items, '[]'))
        FROM core.payout_periods AS period
        CROSS JOIN (
            SELECT sum(payout.amount) AS amount,
                jsonb_agg(core.payout_json(payout) ORDER BY payout.amount DESC, payout.id) AS items
            FROM core.payouts AS payout WHERE payout.until = p_until
        ) AS payouts
        WHERE period.until = p_until);
END
$$;

COMMENT ON FUNCTION api.close_payout_period(timestamptz, uuid) IS $$
Gathers what mitras earned before p_until, a moment in the past, and is in no payout yet: one payout
a mitra, of whole rupiah. What is not above 0 is carried into the next payout. p_actor_id is the
first user of these payouts, a second one pays (api.mark_payout_paid); null = a DBA, after whom a
user releases them first. Twice with the same p_until makes nothing new. Returns {until, closed_at,
actor_id, amount, items: the payouts of this period}.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.close_payout_period(timestamptz, uuid) TO halo_cc;
