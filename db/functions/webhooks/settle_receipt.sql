CREATE OR REPLACE FUNCTION core.settle_receipt(
    p_receipt core.webhook_receipts, p_answer jsonb, p_is_trusted boolean)
RETURNS core.webhook_receipts
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_payment core.payment_requests;
    v_refund core.refunds;
    v_events core.event[];
    v_judged record;
BEGIN
    -- Find what the webhook is about. Only a webhook that names it gets beyond unknown_reference.
    IF p_receipt.event IN ('payment_session.completed', 'payment.capture',
        'payment_session.expired', 'payment.failure')
    THEN
        p_receipt.payment_request_id :=
            (core.webhook_payment(p_receipt.provider, p_receipt.body)).id;
        p_receipt.outcome := 'unknown_reference';
    ELSIF p_receipt.event IN ('refund.succeeded', 'refund.failed') THEN
        v_refund := core.webhook_refund(p_receipt.provider, p_receipt.body);
        p_receipt.payment_request_id := v_refund.payment_request_id;
        p_receipt.outcome := 'unknown_reference';
    ELSE
        p_receipt.outcome := 'ignored';
    END IF;

    -- Lock the payment, read again, judge, and tell.
    IF p_receipt.payment_request_id IS NOT NULL THEN
        v_events := core.lock_payment(p_receipt.payment_request_id);
        SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_receipt.payment_request_id;
        SELECT * INTO v_refund FROM core.refunds WHERE id = v_refund.id;
        v_judged := core.judge_receipt(p_receipt, v_payment, v_refund, p_answer, p_is_trusted);
        p_receipt.outcome := v_judged.outcome;
        PERFORM core.emit(v_judged.events || v_events);
    END IF;

    -- Write the receipt. It stays open when the provider must be asked once more.
    p_receipt.is_flagged := p_receipt.outcome IN ('unknown_reference', 'mismatch', 'not_paid');
    p_receipt.verified_at := CASE
        WHEN p_answer IS NOT NULL THEN clock_timestamp() ELSE p_receipt.verified_at END;
    p_receipt.processed_at := CASE WHEN p_receipt.outcome NOT IN ('unverified', 'not_paid')
        THEN coalesce(p_receipt.processed_at, clock_timestamp()) END;
    UPDATE core.webhook_receipts
    SET outcome = p_receipt.outcome, payment_request_id = p_receipt.payment_request_id,
        is_flagged = p_receipt.is_flagged, verified_at = p_receipt.verified_at,
        processed_at = p_receipt.processed_at
    WHERE id = p_receipt.id;
    RETURN p_receipt;
END
$$;

COMMENT ON FUNCTION core.settle_receipt(core.webhook_receipts, jsonb, boolean) IS $$
Gives a locked webhook receipt its effect and its outcome: confirmed, unchanged, expired, noted,
refunded, refund_failed, ignored; flagged to the control centre: unknown_reference, mismatch
(amount or currency) and not_paid (the provider says otherwise). With unverified and not_paid the
receipt stays open, and the provider is asked again. p_is_trusted = the provider need not be asked.
Returns the receipt.
Notifies: as api.confirm_payment and api.record_refund.
$$;
