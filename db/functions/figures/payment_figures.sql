CREATE OR REPLACE FUNCTION core.payment_figures(p_payment core.payment_requests)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT part.metric, '-infinity'::timestamptz, 0, part.value::bigint
FROM core.money_of(p_payment) AS money
CROSS JOIN LATERAL (VALUES
    ('money_confirmed', money.confirmed), ('money_paid_by_credit', money.by_credit),
    ('money_held', money.held), ('money_kept', money.kept),
    ('money_refund_due', money.refund_due), ('money_refunded', money.refunded)
) AS part (metric, value)
WHERE part.value <> 0
$$;

COMMENT ON FUNCTION core.payment_figures(core.payment_requests) IS $$
What a payment request counts for in the money balance, in rupiah: its confirmed money, and where
that is (core.money_of). Only for the totals of all time.
$$;
