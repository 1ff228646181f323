CREATE OR REPLACE FUNCTION core.counted_money()
RETURNS TABLE (
    confirmed numeric,
    paid_by_credit numeric,
    held numeric,
    kept numeric,
    refund_due numeric,
    refunded numeric,
    credit numeric,
    unaccounted numeric
)
LANGUAGE sql STABLE
AS $$
SELECT
    balance.*, balance.confirmed - balance.paid_by_credit - balance.held - balance.kept
    - balance.refund_due - balance.refunded - balance.credit
FROM (
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
) AS balance
$$;

COMMENT ON FUNCTION core.counted_money() IS $$
Where all confirmed money is, as in ops.money_balance: counted from every payment request and every
entry of the balances, in one pass.
$$;
