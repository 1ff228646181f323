CREATE OR REPLACE FUNCTION core.may_settle_refund(p_refund core.refunds, p_payment core.payment_requests, p_status text)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT CASE p_refund.status
    WHEN 'requested' THEN true
    WHEN 'unanswered' THEN p_status <> 'unanswered'
    WHEN 'failed' THEN p_status = 'succeeded' AND p_payment.refund_due_amount >= p_refund.amount
        AND NOT EXISTS (SELECT FROM core.refunds AS other WHERE other.payment_request_id = p_payment.id AND other.status = 'requested')
    ELSE false END
$$;

COMMENT ON FUNCTION core.may_settle_refund(core.refunds, core.payment_requests, text) IS
'Whether news of a refund still changes something. A success after a failure does, unless another refund was begun for that money.';
