CREATE OR REPLACE FUNCTION core.hear_of_refund(
    p_refund core.refunds, p_payment core.payment_requests, p_status text, p_provider_ref text, p_failure text)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    UPDATE core.refunds SET provider_ref = coalesce(provider_ref, p_provider_ref) WHERE id = p_refund.id;
    IF p_status = 'sent' OR NOT core.may_settle_refund(p_refund, p_payment, p_status) THEN
        RETURN ARRAY[]::core.event[];
    END IF;
    RETURN core.payment_events(ARRAY[core.settle_refund(p_refund, p_payment, p_status, p_failure)]);
END
$$;

COMMENT ON FUNCTION core.hear_of_refund(core.refunds, core.payment_requests, text, text, text) IS $$
News of a refund whose payment is locked: sent, unanswered, succeeded or failed; what is settled stays so. Returns the events for the caller
to emit.
$$;
