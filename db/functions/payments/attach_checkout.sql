CREATE OR REPLACE FUNCTION api.attach_checkout(
    p_payment_request_id uuid, p_customer_id uuid, p_provider_ref text, p_checkout_url text)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests := core.find_payment(p_payment_request_id, p_customer_id);
    v_events core.event[];
BEGIN
    PERFORM core.require('provider_ref', p_provider_ref, 'checkout_url', p_checkout_url);
    v_events := core.lock_payment(p_payment_request_id);
    UPDATE core.payment_requests SET provider_ref = p_provider_ref, checkout_url = p_checkout_url
    WHERE id = p_payment_request_id RETURNING * INTO v_payment;

    -- The search begins only now: without a link the customer could not pay for it. Money that
    -- has arrived already opened its session itself.
    IF NOT v_payment.is_extension AND v_payment.session_id IS NULL
        AND v_payment.status = 'pending'
        AND core.config_value('pairing_before_payment')::boolean
    THEN
        IF core.open_session_id(p_customer_id) IS NOT NULL THEN
            PERFORM core.refuse('SESSION_ALREADY_OPEN',
                'This customer has an open session.', 'Finish or cancel it first.');
        END IF;
        v_payment := core.begin_search(v_payment);
    END IF;
    PERFORM core.emit(v_events);
    RETURN core.payment_request_json(v_payment);
END
$$;

COMMENT ON FUNCTION api.attach_checkout(uuid, uuid, text, text) IS $$
The provider made a link for a payment request of this customer: p_provider_ref is its id there,
p_checkout_url the page where to pay. With pairing_before_payment the search begins now. Returns
the payment request.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, SESSION_ALREADY_OPEN 409 (one was opened meanwhile;
abandon the checkout).
Notifies: pairing, when the search begins; deadlines; events (session_ended), when a session past
its grace is settled first.
$$;
GRANT EXECUTE ON FUNCTION api.attach_checkout(uuid, uuid, text, text) TO halo_app;
