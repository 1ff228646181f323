CREATE OR REPLACE FUNCTION core.latest_refund(p_payment_request_id uuid)
RETURNS core.refunds
LANGUAGE sql STABLE
AS $$
SELECT refund.* FROM core.refunds AS refund
WHERE refund.payment_request_id = p_payment_request_id
ORDER BY refund.requested_at DESC
LIMIT 1
$$;

COMMENT ON FUNCTION core.latest_refund(uuid) IS
'The refund of a payment request that was asked for last; a null row for none.';
