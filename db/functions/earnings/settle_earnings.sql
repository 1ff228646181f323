CREATE OR REPLACE FUNCTION core.settle_earnings(
    p_session_ids uuid[], p_ats timestamptz[] DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    WITH written AS (
        SELECT earning.session_id, earning.mitra_id, sum(earning.amount) AS amount
        FROM core.mitra_earnings AS earning
        WHERE earning.session_id = ANY (p_session_ids)
        GROUP BY earning.session_id, earning.mitra_id
    ), added AS (
        INSERT INTO core.mitra_earnings (session_id, mitra_id, amount, kept, share, at)
        SELECT due.session_id, due.mitra_id, due.amount - coalesce(written.amount, 0),
            due.kept, due.share, coalesce(known.at, clock_timestamp())
        FROM core.mitra_shares(p_session_ids) AS due
        LEFT JOIN written USING (session_id, mitra_id)
        LEFT JOIN unnest(p_session_ids, p_ats) AS known (session_id, at) USING (session_id)
        WHERE due.amount <> coalesce(written.amount, 0)
        RETURNING id, mitra_id
    )
    INSERT INTO core.earning_payouts (earning_id, mitra_id)
    SELECT added.id, added.mitra_id FROM added;
END
$$;

COMMENT ON FUNCTION core.settle_earnings(uuid[], timestamptz[]) IS $$
Adds to the earnings of locked sessions that are over what brings their sum back to the shares of
now (core.mitra_shares); nothing when they are right. Called when a session ends, and when what it
keeps changes later. p_ats says of each session when they were earned; null = now.
$$;
