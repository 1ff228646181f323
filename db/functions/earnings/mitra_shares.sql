CREATE OR REPLACE FUNCTION core.mitra_shares(p_session_ids uuid[])
RETURNS TABLE (
    session_id uuid, mitra_id uuid, kept bigint, share bigint, seconds integer, amount bigint)
LANGUAGE sql STABLE
AS $$
-- What each session that is over keeps, what of that is its mitras', and who had it last.
WITH final AS (
    SELECT session.id, money.kept,
        ceil(money.kept * (session.mitra_share_percent / 100.0))::bigint AS share,
        -- asked only where the session has no mitra: a call a session takes longer than the rest
        coalesce(session.mitra_id, core.met_mitra(session)) AS last_mitra_id
    FROM core.chat_sessions AS session
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(of_payment.kept), 0)::bigint AS kept
        FROM core.payment_requests AS payment
        CROSS JOIN LATERAL core.money_of(payment) AS of_payment
        WHERE payment.session_id = session.id AND payment.status = 'consumed'
    ) AS money
    WHERE session.id = ANY (p_session_ids) AND session.mitra_share_percent IS NOT NULL
        AND NOT core.is_open(session.status)
), part AS (
    -- By the seconds of running clock that each served, rounded down.
    SELECT final.id AS session_id, served.mitra_id, final.kept, final.share, served.seconds,
        served.mitra_id = final.last_mitra_id AS is_last,
        coalesce(div(final.share::numeric * served.seconds,
            nullif(sum(served.seconds) OVER of_session, 0)), 0)::bigint AS amount
    FROM final
    CROSS JOIN LATERAL (
        SELECT service.mitra_id, service.seconds FROM core.session_services AS service
        WHERE service.session_id = final.id
        UNION ALL
        SELECT final.last_mitra_id, 0 WHERE NOT EXISTS (
            SELECT FROM core.session_services AS service
            WHERE service.session_id = final.id AND service.mitra_id = final.last_mitra_id)
    ) AS served
    WINDOW of_session AS (PARTITION BY final.id)
)
-- The rounding is the last mitra's, and so is everything when nobody served a second.
SELECT part.session_id, part.mitra_id, part.kept, part.share, part.seconds,
    part.amount + CASE WHEN part.is_last
        THEN part.share - sum(part.amount) OVER of_session ELSE 0 END::bigint
FROM part
WINDOW of_session AS (PARTITION BY part.session_id)
$$;

COMMENT ON FUNCTION core.mitra_shares(uuid[]) IS $$
What each mitra of these sessions has earned by them, in rupiah, for those that are over: of what a
session keeps (kept), ceil(kept * mitra_share_percent / 100) is its mitras' (share), by the seconds
that each served; the last mitra takes the rounding, and everything when nobody served a second.
Nothing for a session that started before there were earnings.
$$;
