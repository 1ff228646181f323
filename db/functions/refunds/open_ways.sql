CREATE OR REPLACE FUNCTION core.open_ways(p_payment core.payment_requests)
RETURNS TABLE (ways text[])
LANGUAGE sql STABLE
AS $$
SELECT CASE
    WHEN p_payment.confirmed_at IS NULL THEN '{}'
    -- A refund under way is gone on with as it began; without an answer it may have been paid.
    WHEN under_way.way IS NOT NULL THEN ARRAY[under_way.way]
    ELSE array_remove(ARRAY[
        CASE WHEN p_payment.provider = 'manual' OR (
            p_payment.provider <> 'credit'
            AND clock_timestamp()
                < core.refundable_until(p_payment.provider_channel, p_payment.paid_at)
            AND NOT EXISTS (
                SELECT FROM core.refunds AS tried
                WHERE tried.payment_request_id = p_payment.id AND tried.way = 'provider'
                    AND tried.status = 'failed' AND core.is_refused_for_good(tried.failure))
        ) THEN 'provider' END,
        'transfer',
        CASE WHEN NOT EXISTS (SELECT FROM core.gone_customer(p_payment))
            THEN 'credit' END], NULL) END
FROM (
    SELECT (
        SELECT refund.way FROM core.refunds AS refund
        WHERE refund.payment_request_id = p_payment.id
            AND refund.status IN ('requested', 'unanswered'))
) AS under_way (way)
$$;

COMMENT ON FUNCTION core.open_ways(core.payment_requests) IS $$
By which ways this money can be paid back now. provider: not where it refused for good, where the
channel does not allow it (any more), or what was paid by credit. credit: not to an account that
was deleted, or merged into another. While a refund is under way, its own way alone. As a table,
which PostgreSQL puts in line in a list of many payments.
$$;
