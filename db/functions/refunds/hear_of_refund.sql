CREATE OR REPLACE FUNCTION core.hear_of_refund(
    p_refund core.refunds, p_payment core.payment_requests, p_status text, p_provider_ref text,
    p_failure text)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    -- A refusal says only that the provider does not take this request. When it may have heard
    -- an earlier request for the same refund, the refund can still succeed.
    v_status text := CASE
        WHEN p_status <> 'refused' THEN p_status
        WHEN p_refund.is_unsure THEN 'unanswered'
        ELSE 'failed' END;
BEGIN
    UPDATE core.refunds SET provider_ref = coalesce(provider_ref, p_provider_ref)
    WHERE id = p_refund.id;
    IF NOT core.may_settle_refund(p_refund, p_payment, v_status) THEN
        RETURN ARRAY[]::core.event[];
    ELSIF v_status <> 'sent' THEN
        RETURN core.payment_events(ARRAY[
            core.settle_refund(p_refund, p_payment, v_status, p_failure)]);
    END IF;
    UPDATE core.refunds SET status = 'requested', failure = NULL WHERE id = p_refund.id;
    p_payment.refund_status := 'requested';
    PERFORM core.save_payment(p_payment);
    RETURN core.payment_events(ARRAY[p_payment]);
END
$$;

COMMENT ON FUNCTION core.hear_of_refund(core.refunds, core.payment_requests, text, text, text) IS $$
News of a refund whose payment is locked, as api.record_refund describes it. Returns the events for
the caller to emit.
$$;
