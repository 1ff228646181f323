CREATE OR REPLACE FUNCTION api.cancel_payment_request(p_payment_request_id uuid, p_customer_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests := core.find_payment(p_payment_request_id, p_customer_id);
    v_session core.chat_sessions;
    v_events core.event[];
BEGIN
    -- Lock, read again, and judge. A repeated cancel changes nothing.
    v_events := core.lock_payment(v_payment.id);
    v_payment := core.find_payment(p_payment_request_id, p_customer_id);
    IF v_payment.status = 'cancelled' THEN
        PERFORM core.emit(v_events);
        RETURN core.payment_request_json(v_payment);
    ELSIF v_payment.status <> 'pending' THEN
        PERFORM core.refuse('INVALID_STATE',
            'A payment request that is ' || v_payment.status || ' cannot be cancelled.',
            'Cancel its session instead, if it is searching.');
    END IF;

    -- Write. The search that waits for this payment ends with it, which also cancels the link.
    v_session := core.read_session(v_payment.session_id);
    IF NOT v_payment.is_extension AND core.is_open(v_session.status) THEN
        v_events := v_events || core.abandon_searches(ARRAY[
            core.enter_final(v_session, 'cancelled', 'cancelled_by_customer', clock_timestamp())]);
        v_payment := core.find_payment(p_payment_request_id, p_customer_id);
    ELSE
        UPDATE core.payment_requests
        SET status = 'cancelled', failure_cause = 'cancelled_by_customer'
        WHERE id = v_payment.id RETURNING * INTO v_payment;
        v_events := v_events || core.payment_events(ARRAY[v_payment]);
    END IF;
    PERFORM core.emit(v_events);
    RETURN core.payment_request_json(v_payment);
END
$$;

COMMENT ON FUNCTION api.cancel_payment_request(uuid, uuid) IS $$
Takes an open payment link back; a search that began before payment ends with it. Repeating it
changes nothing. Money that arrives all the same is owed back. Returns the payment request.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (paid or expired).
Notifies: events (payment_updated, session_ended, offer_cancelled); mitra_mirror and pairing when a
slot was held.
$$;
GRANT EXECUTE ON FUNCTION api.cancel_payment_request(uuid, uuid) TO halo_app;
