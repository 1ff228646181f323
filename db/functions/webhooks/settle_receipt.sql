CREATE OR REPLACE FUNCTION core.settle_receipt(p_receipt core.webhook_receipts, p_answer jsonb, p_is_trusted boolean)
RETURNS core.webhook_receipts
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_data jsonb := p_receipt.body -> 'data';
    v_payment core.payment_requests;
    v_refund core.refunds;
BEGIN
    CASE
        WHEN p_receipt.event IN ('payment_session.completed', 'payment.capture') THEN
            v_payment := core.webhook_payment(p_receipt.provider, p_receipt.body);
            p_receipt.outcome := CASE
                WHEN v_payment.id IS NULL THEN 'unknown_reference'
                WHEN v_payment.confirmed_at IS NOT NULL THEN 'unchanged'
                WHEN NOT core.is_same_money(v_data, v_payment.amount) THEN 'mismatch'
                WHEN p_is_trusted THEN core.believe_payment(v_payment, v_data,
                    '{"status": "PAID"}' || jsonb_build_object('amount', v_payment.amount, 'reference_id', v_payment.id), p_receipt.body ->> 'created')
                WHEN p_answer IS NULL THEN 'unverified'
                ELSE core.believe_payment(v_payment, v_data, p_answer, p_receipt.body ->> 'created') END;
        WHEN p_receipt.event = 'payment_session.expired' THEN
            v_payment := core.webhook_payment(p_receipt.provider, p_receipt.body);
            p_receipt.outcome := CASE WHEN v_payment.id IS NULL THEN 'unknown_reference'
                WHEN v_payment.status = 'pending' THEN 'expired' ELSE 'unchanged' END;
            IF v_payment.status = 'pending' THEN
                PERFORM core.emit(core.expire_link(v_payment.id));
            END IF;
        WHEN p_receipt.event = 'payment.failure' THEN
            v_payment := core.webhook_payment(p_receipt.provider, p_receipt.body);
            p_receipt.outcome := 'noted';               -- the link stays open: the customer may try another way
        WHEN p_receipt.event IN ('refund.succeeded', 'refund.failed') THEN
            v_refund := core.webhook_refund(p_receipt.provider, p_receipt.body);
            SELECT * INTO v_payment FROM core.payment_requests WHERE id = v_refund.payment_request_id;
            p_receipt.outcome := CASE WHEN v_refund.id IS NULL THEN 'unknown_reference'
                WHEN NOT core.is_same_money(jsonb_build_object('amount', v_refund.amount) || v_data, v_refund.amount) THEN 'mismatch'
                WHEN p_receipt.event = 'refund.succeeded' THEN 'refunded' ELSE 'refund_failed' END;
            IF p_receipt.outcome IN ('refunded', 'refund_failed') THEN
                PERFORM api.record_refund(v_refund.id, CASE p_receipt.outcome WHEN 'refunded' THEN 'succeeded' ELSE 'failed' END,
                    v_data ->> 'id', coalesce(v_data ->> 'failure_code', v_data ->> 'failure_reason'));
            END IF;
        ELSE
            p_receipt.outcome := 'ignored';
    END CASE;
    p_receipt.payment_request_id := v_payment.id;
    p_receipt.is_flagged := p_receipt.outcome IN ('unknown_reference', 'mismatch', 'not_paid');
    p_receipt.verified_at := CASE WHEN p_answer IS NOT NULL THEN clock_timestamp() END;
    p_receipt.processed_at := CASE WHEN p_receipt.outcome NOT IN ('unverified', 'not_paid') THEN clock_timestamp() END;
    UPDATE core.webhook_receipts
    SET outcome = p_receipt.outcome, payment_request_id = p_receipt.payment_request_id, is_flagged = p_receipt.is_flagged,
        verified_at = p_receipt.verified_at, processed_at = p_receipt.processed_at
    WHERE id = p_receipt.id;
    RETURN p_receipt;
END
$$;

COMMENT ON FUNCTION core.settle_receipt(core.webhook_receipts, jsonb, boolean) IS $$
Gives a locked webhook receipt its effect and its outcome: confirmed, unchanged, expired, noted, refunded, refund_failed, ignored; flagged to
the control centre: unknown_reference, mismatch (amount or currency) and not_paid (the provider says otherwise). unverified and not_paid stay
open, and are asked about again. p_is_trusted = the provider need not be asked. Returns the receipt.
Notifies: as api.confirm_payment and api.record_refund.
$$;
