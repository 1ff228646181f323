CREATE OR REPLACE FUNCTION core.figures_of_money(
    p_confirmed bigint, p_by_credit bigint, p_held bigint, p_kept bigint, p_refund_due bigint,
    p_refunded bigint)
RETURNS TABLE (metric text, value bigint)
LANGUAGE sql IMMUTABLE
AS $$
VALUES
    ('money_confirmed', p_confirmed), ('money_paid_by_credit', p_by_credit),
    ('money_held', p_held), ('money_kept', p_kept),
    ('money_refund_due', p_refund_due), ('money_refunded', p_refunded)
$$;

COMMENT ON FUNCTION core.figures_of_money(bigint, bigint, bigint, bigint, bigint, bigint) IS $$
The metrics of the money balance of which core.money_of says the amounts, of one payment or of
sums.
$$;
