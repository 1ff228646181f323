CREATE OR REPLACE FUNCTION ops.money_balance()
RETURNS TABLE (
    confirmed numeric,
    paid_by_credit numeric,
    held numeric,
    kept numeric,
    refund_due numeric,
    refunded numeric,
    credit numeric,
    unassigned numeric,
    platform numeric,
    owed numeric,
    paid_out numeric,
    unaccounted numeric
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
WITH balance AS (
    SELECT
        coalesce(sum(money.confirmed), 0) AS confirmed,
        coalesce(sum(money.by_credit), 0) AS paid_by_credit,
        coalesce(sum(money.held), 0) AS held,
        coalesce(sum(money.kept), 0) AS kept,
        coalesce(sum(money.refund_due), 0) AS refund_due,
        coalesce(sum(money.refunded), 0) AS refunded,
        (SELECT coalesce(sum(entry.amount), 0) FROM core.balance_entries AS entry) AS credit
    FROM core.payment_requests AS payment
    CROSS JOIN LATERAL core.money_of(payment) AS money
), session AS (
    -- What each session keeps, and what of that is its mitras': nothing before it is over, and
    -- nothing of a session from before there were earnings.
    SELECT kept.amount, core.is_open(known.status) AND known.mitra_share_percent IS NOT NULL
        AS is_unassigned,
        CASE WHEN core.is_open(known.status) OR known.mitra_share_percent IS NULL THEN 0
            ELSE ceil(kept.amount * (known.mitra_share_percent / 100.0)) END AS share
    FROM (
        SELECT payment.session_id, sum(money.kept) AS amount
        FROM core.payment_requests AS payment
        CROSS JOIN LATERAL core.money_of(payment) AS money
        WHERE payment.status = 'consumed'
        GROUP BY payment.session_id
    ) AS kept
    LEFT JOIN core.chat_sessions AS known ON known.id = kept.session_id
), shared AS (
    SELECT
        coalesce(sum(session.amount) FILTER (WHERE session.is_unassigned), 0) AS unassigned,
        coalesce(sum(session.amount - session.share)
            FILTER (WHERE session.is_unassigned IS NOT TRUE), 0) AS platform
    FROM session
), earned AS (
    SELECT
        coalesce(sum(earning.amount) FILTER (WHERE payout.status IS DISTINCT FROM 'paid'), 0)
            AS owed,
        (SELECT coalesce(sum(paid.amount), 0) FROM core.payouts AS paid
         WHERE paid.status = 'paid') AS paid_out
    FROM core.mitra_earnings AS earning
    LEFT JOIN core.earning_payouts AS place ON place.earning_id = earning.id
    LEFT JOIN core.payouts AS payout ON payout.id = place.payout_id
)
SELECT
    balance.confirmed, balance.paid_by_credit, balance.held, balance.kept, balance.refund_due,
    balance.refunded, balance.credit,
    shared.unassigned, shared.platform, earned.owed, earned.paid_out,
    balance.confirmed - balance.paid_by_credit - balance.held - balance.kept - balance.refund_due
    - balance.refunded - balance.credit
FROM balance CROSS JOIN shared CROSS JOIN earned
$$;

COMMENT ON FUNCTION ops.money_balance() IS $$
The row of the view ops.money_balance. Raises nothing.
$$;
