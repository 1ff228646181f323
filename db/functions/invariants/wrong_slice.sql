CREATE OR REPLACE FUNCTION core.wrong_slice(
    p_part text, p_from text DEFAULT NULL, p_until text DEFAULT NULL)
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    -- Of the parts that have slices: where this one begins, and before what it ends.
    v_from_at timestamptz;
    v_until_at timestamptz;
    v_from_id uuid;
    v_until_id uuid;
BEGIN
    CASE p_part
        WHEN 'work' THEN RETURN QUERY SELECT * FROM core.wrong_work();
        WHEN 'shares' THEN RETURN QUERY SELECT * FROM core.wrong_shares();
        WHEN 'counts' THEN RETURN QUERY SELECT * FROM core.wrong_counts();
        WHEN 'money' THEN RETURN QUERY SELECT * FROM core.wrong_money();
        WHEN 'totals' THEN RETURN QUERY SELECT * FROM core.wrong_money_totals();
        WHEN 'people' THEN
            v_from_id := coalesce(p_from::uuid, '00000000-0000-0000-0000-000000000000');
            v_until_id := p_until::uuid;
            RETURN QUERY
            SELECT * FROM core.wrong_mitras(v_from_id, v_until_id)
            UNION ALL
            SELECT * FROM core.wrong_balances(v_from_id, v_until_id);
        WHEN 'streams' THEN
            RETURN QUERY SELECT * FROM core.wrong_streams(coalesce(p_from, ''), p_until);
        WHEN 'times' THEN
            v_from_at := coalesce(p_from::timestamptz, '-infinity');
            v_until_at := coalesce(p_until::timestamptz, 'infinity');
            RETURN QUERY
            SELECT * FROM core.wrong_pairing(v_from_at, v_until_at)
            UNION ALL
            SELECT * FROM core.wrong_clocks(v_from_at, v_until_at)
            UNION ALL
            SELECT * FROM core.wrong_purchases(v_from_at, v_until_at)
            UNION ALL
            SELECT * FROM core.wrong_payments(v_from_at, v_until_at)
            UNION ALL
            SELECT * FROM core.wrong_charges(v_from_at, v_until_at)
            UNION ALL
            SELECT * FROM core.wrong_earnings(v_from_at, v_until_at)
            UNION ALL
            SELECT * FROM core.wrong_payouts(v_from_at, v_until_at);
    END CASE;
END
$$;

COMMENT ON FUNCTION core.wrong_slice(text, text, text) IS $$
The violations of a part of ops.invariant_violations (core.checked_parts), of the slice from p_from
until before p_until; null = from the first, to the last. people has mitras and customers by id,
streams has recipients, times has sessions, payment requests, transactions and payouts by when they
were made, each with all that belongs to it; the other parts have one slice. A caller with slices
sets plan_cache_mode to force_custom_plan: a plan for any slice would read whole tables. To plan
everything takes 40 ms, so the view, which asks without slices, keeps its plans.
$$;
