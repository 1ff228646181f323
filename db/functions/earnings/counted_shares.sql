CREATE OR REPLACE FUNCTION core.counted_shares()
RETURNS TABLE (
    kept numeric, unassigned numeric, platform numeric, owed numeric, paid_out numeric)
LANGUAGE sql STABLE
AS $$
WITH session AS (
    -- What each session keeps, and what of that is its mitras': nothing before it is over, and
    -- nothing of a session from before there were earnings. A session has one payment besides its
    -- extensions; so only these, of which there are few, are grouped.
    SELECT kept.amount, core.is_open(known.status) AND known.mitra_share_percent IS NOT NULL
        AS is_unassigned,
        CASE WHEN core.is_open(known.status) OR known.mitra_share_percent IS NULL THEN 0
            ELSE ceil(kept.amount * known.mitra_share_percent / 100.0) END AS share
    FROM (
        SELECT payment.session_id, money.kept
        FROM core.payment_requests AS payment
        CROSS JOIN LATERAL core.money_of(payment) AS money
        WHERE payment.status = 'consumed' AND NOT payment.is_extension
    ) AS base
    FULL JOIN (
        SELECT payment.session_id, sum(money.kept)::bigint AS kept
        FROM core.payment_requests AS payment
        CROSS JOIN LATERAL core.money_of(payment) AS money
        WHERE payment.status = 'consumed' AND payment.is_extension
        GROUP BY payment.session_id
    ) AS longer ON longer.session_id = base.session_id
    LEFT JOIN core.chat_sessions AS known
        ON known.id = coalesce(base.session_id, longer.session_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(base.kept, 0) + coalesce(longer.kept, 0) AS amount) AS kept
), shared AS (
    SELECT
        coalesce(sum(session.amount), 0) AS kept,
        coalesce(sum(session.amount) FILTER (WHERE session.is_unassigned), 0) AS unassigned,
        coalesce(sum(session.amount - session.share)
            FILTER (WHERE session.is_unassigned IS NOT TRUE), 0) AS platform
    FROM session
), earned AS (
    -- What is in no payout that was paid is owed.
    SELECT
        coalesce(sum(earning.amount) FILTER (WHERE payout.status IS DISTINCT FROM 'paid'), 0)
            AS owed,
        (SELECT coalesce(sum(paid.amount), 0) FROM core.payouts AS paid
         WHERE paid.status = 'paid') AS paid_out
    FROM core.mitra_earnings AS earning
    LEFT JOIN core.earning_payouts AS place ON place.earning_id = earning.id
    LEFT JOIN core.payouts AS payout ON payout.id = place.payout_id
)
SELECT shared.kept, shared.unassigned, shared.platform, earned.owed, earned.paid_out
FROM shared CROSS JOIN earned
$$;

COMMENT ON FUNCTION core.counted_shares() IS $$
Whose the money kept is, as in ops.money_balance: counted from every session with its payment
requests, and from every earning and payout.
$$;
