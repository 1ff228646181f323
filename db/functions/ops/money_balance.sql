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
SELECT
    money.confirmed, money.paid_by_credit, money.held, money.kept, money.refund_due,
    money.refunded, money.credit,
    share.unassigned, share.platform, share.owed, share.paid_out,
    money.unaccounted
FROM core.counted_money() AS money CROSS JOIN core.counted_shares() AS share
$$;

COMMENT ON FUNCTION ops.money_balance() IS $$
The row of the view ops.money_balance. Raises nothing.
$$;
