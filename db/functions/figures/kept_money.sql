CREATE OR REPLACE FUNCTION core.kept_money()
RETURNS TABLE (unassigned bigint, platform bigint, owed bigint, paid_out bigint)
LANGUAGE sql STABLE
AS $$
WITH total AS (
    SELECT coalesce(jsonb_object_agg(total.metric, total.value), '{}') AS of_metric
    FROM core.money_totals() AS total
), money AS (
    SELECT
        coalesce((total.of_metric ->> 'money_kept')::bigint, 0) AS kept,
        coalesce((total.of_metric ->> 'money_earned')::bigint, 0) AS earned,
        coalesce((total.of_metric ->> 'money_paid_out')::bigint, 0) AS paid_out,
        -- Of the sessions that go on, which are few.
        (SELECT coalesce(sum(of_payment.kept), 0)::bigint
         FROM core.chat_sessions AS session
         JOIN core.payment_requests AS payment
             ON payment.session_id = session.id AND payment.status = 'consumed'
         CROSS JOIN LATERAL core.money_of(payment) AS of_payment
         WHERE session.mitra_share_percent IS NOT NULL
            -- Written out as in the index chat_sessions_open.
            AND session.status IN ('searching', 'pending_acceptance', 'pending_payment',
                'active', 'extending', 'closing')) AS unassigned
    FROM total
)
SELECT unassigned, kept - unassigned - earned, earned - paid_out, paid_out FROM money
$$;

COMMENT ON FUNCTION core.kept_money() IS $$
Whose the money kept is, as in ops.money_balance, from the totals that are kept as money moves.
$$;
