CREATE OR REPLACE FUNCTION core.believe_payment(p_payment core.payment_requests, p_data jsonb, p_answer jsonb, p_created text)
RETURNS text
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF p_payment.confirmed_at IS NOT NULL THEN
        RETURN 'unchanged';
    ELSIF core.provider_status(p_answer) <> 'paid' THEN
        RETURN 'not_paid';
    ELSIF NOT core.is_same_money(p_answer, p_payment.amount)
        OR coalesce(p_answer ->> 'reference_id', CASE WHEN p_payment.provider_ref IS NOT NULL THEN p_payment.id::text END)
            IS DISTINCT FROM p_payment.id::text
    THEN
        RETURN 'mismatch';
    END IF;
    PERFORM api.confirm_payment(p_payment.id, least(clock_timestamp(), coalesce(
        core.provider_time(p_data -> 'captures' -> 0 ->> 'capture_timestamp'),
        core.provider_time(p_created),
        core.provider_time(p_answer ->> 'updated'))));
    UPDATE core.payment_requests
    SET provider_ref = coalesce(provider_ref, p_data ->> 'payment_session_id'),
        provider_payment_ref = coalesce(p_answer ->> 'payment_request_id', p_data ->> 'payment_request_id', provider_payment_ref)
    WHERE id = p_payment.id;
    RETURN 'confirmed';
END
$$;

COMMENT ON FUNCTION core.believe_payment(core.payment_requests, jsonb, jsonb, text) IS $$
Confirms a payment when the provider's own words (p_answer) say that this amount was paid for it, at the time the provider gives: of the
capture, else of the webhook (p_created), else of its answer. Returns confirmed, unchanged (known before), not_paid or mismatch.
Notifies: as api.confirm_payment.
$$;
