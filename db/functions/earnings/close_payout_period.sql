CREATE OR REPLACE FUNCTION api.close_payout_period(
    p_until timestamptz, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_period core.payout_periods;
    v_is_new boolean;
    v_closed jsonb;
BEGIN
    PERFORM core.require('until', p_until::text);
    IF p_until >= clock_timestamp() THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A period ends in the past.', 'Earnings of the future are not known.', 'until');
    END IF;

    -- Lock, and go on with what is not gathered yet: one step, which is all of it unless there are
    -- very many earnings, or somebody holds rows of a mitra. Whoever closes the same period at once
    -- waits here, and finds what was made.
    INSERT INTO core.payout_periods (until, actor_id) VALUES (p_until, p_actor_id)
    ON CONFLICT (until) DO NOTHING;
    v_is_new := FOUND;
    SELECT * INTO v_period FROM core.payout_periods WHERE until = p_until FOR NO KEY UPDATE;
    IF v_period.gathered_at IS NULL THEN
        PERFORM core.gather_earnings(v_period);
    END IF;

    -- The greatest payouts are enough to look at; api.list_payouts has all of them.
    v_closed := (
        SELECT jsonb_build_object(
            'until', core.instant(period.until), 'closed_at', core.instant(period.closed_at),
            'actor_id', period.actor_id, 'is_complete', period.gathered_at IS NOT NULL,
            'payouts', payouts.count, 'amount', coalesce(payouts.amount, 0),
            'items', coalesce((
                SELECT jsonb_agg(core.payout_json(payout::core.payouts)
                    ORDER BY payout.amount DESC, payout.id)
                FROM (
                    SELECT * FROM core.payouts WHERE until = p_until
                    ORDER BY amount DESC, id LIMIT 1000
                ) AS payout), '[]'))
        FROM core.payout_periods AS period
        CROSS JOIN (
            SELECT count(*) AS count, sum(payout.amount) AS amount
            FROM core.payouts AS payout WHERE payout.until = p_until
        ) AS payouts
        WHERE period.until = p_until);
    IF v_is_new THEN
        PERFORM core.audit(p_actor_id, 'payout.close', core.instant(p_until), NULL,
            v_closed - '{until,closed_at,actor_id,items}'::text[]);
    END IF;
    RETURN v_closed;
END
$$;

COMMENT ON FUNCTION api.close_payout_period(timestamptz, uuid) IS $$
Gathers what mitras earned before p_until, a moment in the past, and is in no payout yet: one payout
a mitra, of whole rupiah. What is not above 0 is carried into the next payout. p_actor_id is the
first user of these payouts, a second one pays (api.mark_payout_paid); null = a DBA, after whom a
user releases them first. Of more than 5,000 earnings this is the first step; a mitra of whom
somebody holds a row is passed over. Then is_complete is false: the listener makes the others
(api.gather_payouts), and so does calling this again. Twice with the same p_until makes nothing new,
once it is complete. Returns {until, closed_at, actor_id, is_complete, payouts, amount, items: the
1,000 greatest payouts of this period}.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.close_payout_period(timestamptz, uuid) TO halo_cc;
