CREATE OR REPLACE FUNCTION core.believe_payment(
    p_payment core.payment_requests, p_data jsonb, p_answer jsonb, p_created text,
    OUT outcome text, OUT events core.event[])
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    -- Judge. An answer without a reference is about our payment when we asked for it by the
    -- id of its link.
    outcome := CASE
        WHEN p_payment.confirmed_at IS NOT NULL THEN 'unchanged'
        WHEN core.provider_status(p_answer) <> 'paid' THEN 'not_paid'
        WHEN NOT core.is_same_money(p_answer, p_payment.amount) THEN 'mismatch'
        WHEN coalesce(
                p_answer ->> 'reference_id',
                CASE WHEN p_payment.provider_ref IS NOT NULL THEN p_payment.id::text END)
            IS DISTINCT FROM p_payment.id::text THEN 'mismatch'
        ELSE 'confirmed' END;

    -- Keep the provider's ids and channel, also of a payment known before: it may have been
    -- confirmed by hand, and a refund must name the payment.
    IF outcome IN ('confirmed', 'unchanged') THEN
        UPDATE core.payment_requests
        SET provider_ref = coalesce(provider_ref, p_data ->> 'payment_session_id'),
            provider_payment_ref = coalesce(
                provider_payment_ref,
                p_answer ->> 'payment_request_id', p_data ->> 'payment_request_id'),
            provider_channel = coalesce(
                provider_channel, p_answer ->> 'channel_code', p_data ->> 'channel_code')
        WHERE id = p_payment.id;
    END IF;

    -- A time before the link was made, or after now, can't be when it was paid.
    IF outcome = 'confirmed' THEN
        events := core.take_money(p_payment, greatest(
            p_payment.created_at, least(clock_timestamp(), coalesce(
            core.provider_time(p_data -> 'captures' -> 0 ->> 'capture_timestamp'),
            core.provider_time(p_created),
            core.provider_time(p_answer ->> 'updated')))));
    END IF;
END
$$;

COMMENT ON FUNCTION core.believe_payment(core.payment_requests, jsonb, jsonb, text) IS $$
Confirms a locked payment when the provider's own words (p_answer) say that this amount was paid
for it, at the time the provider gives: of the capture, else of the webhook (p_created), else of
its answer. The outcome is confirmed, unchanged (known before), not_paid or mismatch. The caller
emits the events.
$$;
