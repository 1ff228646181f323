CREATE OR REPLACE FUNCTION core.may_settle_refund(
    p_refund core.refunds, p_payment core.payment_requests, p_status text)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT p_refund.way = 'provider' AND CASE p_refund.status
    WHEN 'requested' THEN p_status IN ('succeeded', 'failed')
        OR (p_status = 'unanswered' AND p_refund.provider_ref IS NULL)
    WHEN 'unanswered' THEN p_status IN ('succeeded', 'failed', 'sent')
    WHEN 'failed' THEN p_status = 'succeeded' AND p_payment.refund_due_amount >= p_refund.amount
        AND NOT EXISTS (
            SELECT FROM core.refunds AS other
            WHERE other.payment_request_id = p_payment.id
                AND other.status IN ('requested', 'unanswered'))
    ELSE false END
$$;

COMMENT ON FUNCTION core.may_settle_refund(core.refunds, core.payment_requests, text) IS $$
Which news (sent, unanswered, succeeded, failed) of a provider still changes a refund by that way.
When the provider took it, silence about a later request means nothing. Without an answer, any news
is better. A failed refund changes only by a success, and only while that money is due and no other
refund was begun. A refund that succeeded never changes.
$$;
