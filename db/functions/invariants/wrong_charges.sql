CREATE OR REPLACE FUNCTION core.wrong_charges(p_from timestamptz, p_until timestamptz)
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
SELECT
    'a charge is of a consumed payment',
    entry.id::text, coalesce(payment.status, 'no payment')
FROM core.customer_transactions AS entry
LEFT JOIN core.payment_requests AS payment ON payment.id = entry.payment_request_id
WHERE entry.created_at >= p_from AND entry.created_at < p_until
    AND entry.type IN ('session', 'extension') AND payment.status IS DISTINCT FROM 'consumed'
UNION ALL
SELECT
    'a refund is of money that came',
    entry.id::text, coalesce(payment.refund_status, 'no payment')
FROM core.customer_transactions AS entry
LEFT JOIN core.payment_requests AS payment ON payment.id = entry.payment_request_id
WHERE entry.created_at >= p_from AND entry.created_at < p_until
    AND entry.type = 'refund' AND coalesce(payment.refunded_amount, 0) = 0
$$;

COMMENT ON FUNCTION core.wrong_charges(timestamptz, timestamptz) IS $$
What must never be, of what customers were charged and given back from p_from until before p_until.
$$;
