CREATE OR REPLACE FUNCTION core.cancel_extension(p_session_id uuid, p_cause text)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_payment core.payment_requests;
BEGIN
    UPDATE core.session_extensions AS extension
    SET status = 'cancelled', responded_at = clock_timestamp()
    FROM core.payment_requests AS payment
    WHERE extension.session_id = p_session_id AND core.status_is(extension.status, 'pending')
        AND payment.id = extension.payment_request_id
    RETURNING payment.* INTO v_payment;
    IF NOT FOUND THEN
        RETURN ARRAY[]::core.event[];
    END IF;
    v_payment := core.owe_back(v_payment, 'failed', p_cause);
    PERFORM core.save_payment(v_payment);
    RETURN core.payment_events(ARRAY[v_payment]);
END
$$;

COMMENT ON FUNCTION core.cancel_extension(uuid, text) IS $$
Ends the pending extension of a locked session that ends or is rerouted, and owes its money back.
Returns the events for the caller to emit.
$$;
