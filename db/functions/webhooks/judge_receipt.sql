CREATE OR REPLACE FUNCTION core.judge_receipt(
    p_receipt core.webhook_receipts, p_payment core.payment_requests, p_refund core.refunds,
    p_answer jsonb, p_is_trusted boolean, OUT outcome text, OUT events core.event[])
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_data jsonb := p_receipt.body -> 'data';
    v_answer jsonb := CASE WHEN p_is_trusted
        THEN jsonb_build_object(
            'status', 'PAID', 'amount', p_payment.amount, 'reference_id', p_payment.id)
        ELSE p_answer END;
    v_refunded text := CASE p_receipt.event
        WHEN 'refund.succeeded' THEN 'succeeded' ELSE 'failed' END;
BEGIN
    -- Money arrived, it says. Another amount, or another payment of the same link, is a
    -- mismatch even when the request is paid: somebody paid something else, or twice.
    IF p_receipt.event IN ('payment_session.completed', 'payment.capture') THEN
        IF NOT core.is_same_money(v_data, p_payment.amount)
            OR p_payment.provider_payment_ref <> v_data ->> 'payment_request_id'
        THEN
            outcome := 'mismatch';
        ELSIF p_payment.confirmed_at IS NULL AND v_answer IS NULL THEN
            outcome := 'unverified';
        ELSE
            SELECT believed.outcome, believed.events INTO outcome, events
            FROM core.believe_payment(
                p_payment, v_data, v_answer, p_receipt.body ->> 'created') AS believed;
        END IF;

    -- The link is closed, or one try to pay failed: then the link stays open, for the customer
    -- may try another way.
    ELSIF p_receipt.event = 'payment_session.expired' THEN
        outcome := CASE p_payment.status WHEN 'pending' THEN 'expired' ELSE 'unchanged' END;
        events := core.expire_payments(ARRAY[p_payment.id], true);
    ELSIF p_receipt.event = 'payment.failure' THEN
        outcome := 'noted';

    -- A refund ended. An amount that the webhook does not name is no other amount.
    ELSIF NOT core.is_same_money(
        jsonb_build_object('amount', p_refund.amount) || v_data, p_refund.amount)
    THEN
        outcome := 'mismatch';
    ELSIF core.may_settle_refund(p_refund, p_payment, v_refunded) THEN
        outcome := CASE v_refunded WHEN 'succeeded' THEN 'refunded' ELSE 'refund_failed' END;
        events := core.hear_of_refund(p_refund, p_payment, v_refunded,
            v_data ->> 'id', coalesce(v_data ->> 'failure_code', v_data ->> 'failure_reason'));
    ELSE
        outcome := CASE p_refund.status WHEN v_refunded THEN 'unchanged' ELSE 'mismatch' END;
    END IF;
END
$$;

COMMENT ON FUNCTION core.judge_receipt(
    core.webhook_receipts, core.payment_requests, core.refunds, jsonb, boolean)
IS $$
Gives a webhook about a locked payment, or about a refund of it, its effect and its outcome.
p_answer is what the provider said when asked, null when it said nothing; p_is_trusted = it need
not be asked. The caller emits the events.
$$;
