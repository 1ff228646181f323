CREATE OR REPLACE FUNCTION ops.money_balance()
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
)
SELECT
    confirmed, paid_by_credit, held, kept, refund_due, refunded, credit,
    confirmed - paid_by_credit - held - kept - refund_due - refunded - credit
FROM balance
$$;

COMMENT ON FUNCTION ops.money_balance() IS $$
The row of the view ops.money_balance. Raises nothing.
$$;
