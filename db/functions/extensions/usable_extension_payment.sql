CREATE OR REPLACE FUNCTION core.usable_extension_payment(
    p_payment_request_id uuid, p_session_id uuid, p_customer_id uuid,
    p_duration_minutes integer, p_price bigint)
RETURNS core.payment_requests
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_payment core.payment_requests;
BEGIN
    -- The order of these refusals is the order that api.request_extension promises.
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('payment request');
    ELSIF v_payment.customer_id <> p_customer_id THEN
        PERFORM core.refuse('FORBIDDEN',
            'This payment request is another customer''s.', 'Use your own.');
    ELSIF v_payment.status <> 'confirmed' THEN
        PERFORM core.refuse('INVALID_STATE',
            'The payment request is ' || v_payment.status || ', not confirmed.',
            'Pay for the extension first, once for each.');
    ELSIF NOT v_payment.is_extension THEN
        PERFORM core.refuse('INVALID_STATE',
            'The payment request is not for an extension.', 'Ask for one with is_extension.');
    ELSIF v_payment.session_id IS DISTINCT FROM p_session_id THEN
        PERFORM core.refuse('INVALID_STATE',
            'The payment request is for another session.', 'Ask for one for this session.');
    ELSIF v_payment.is_first_session_discount THEN
        PERFORM core.refuse('FIRST_SESSION_DISCOUNT_NOT_ALLOWED',
            'The first-session price is never for an extension.',
            'Pay the extension''s own price.');
    ELSIF EXISTS (
        SELECT FROM core.session_extensions WHERE payment_request_id = p_payment_request_id)
    THEN
        PERFORM core.refuse('INVALID_STATE',
            'The payment request was used for an extension before.', 'Ask for a new one.');
    ELSIF v_payment.duration_minutes <> p_duration_minutes THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            format('The payment is for %s minutes.', v_payment.duration_minutes),
            'Give the payment''s own minutes.', 'duration_minutes');
    ELSIF v_payment.amount <> p_price THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            format('The payment is of %s rupiah.', v_payment.amount),
            'Give the payment''s own price.', 'price');
    END IF;
    RETURN v_payment;
END
$$;

COMMENT ON FUNCTION core.usable_extension_payment(uuid, uuid, uuid, integer, bigint) IS $$
The locked payment with which an extension is asked for, or the refusal that says what is wrong
with it, in the order of the rules.
$$;
