CREATE OR REPLACE FUNCTION core.money_balance_kept()
RETURNS TABLE (
    confirmed bigint,
    paid_by_credit bigint,
    held bigint,
    kept bigint,
    refund_due bigint,
    refunded bigint,
    credit bigint,
    unaccounted bigint
)
LANGUAGE sql STABLE
AS $$
WITH total AS (
    SELECT coalesce(jsonb_object_agg(total.metric, total.value), '{}') AS of_metric
    FROM core.money_totals() AS total
), balance AS (
    SELECT
        coalesce((total.of_metric ->> 'money_confirmed')::bigint, 0) AS confirmed,
        coalesce((total.of_metric ->> 'money_paid_by_credit')::bigint, 0) AS paid_by_credit,
        coalesce((total.of_metric ->> 'money_held')::bigint, 0) AS held,
        coalesce((total.of_metric ->> 'money_kept')::bigint, 0) AS kept,
        coalesce((total.of_metric ->> 'money_refund_due')::bigint, 0) AS refund_due,
        coalesce((total.of_metric ->> 'money_refunded')::bigint, 0) AS refunded,
        coalesce((total.of_metric ->> 'money_credit')::bigint, 0) AS credit
    FROM total
)
SELECT
    confirmed, paid_by_credit, held, kept, refund_due, refunded, credit,
    confirmed - paid_by_credit - held - kept - refund_due - refunded - credit
FROM balance
$$;

COMMENT ON FUNCTION core.money_balance_kept() IS $$
The row of ops.money_balance from the totals that are kept as money moves (core.money_totals).
$$;
