CREATE OR REPLACE FUNCTION core.open_session(p_payment core.payment_requests)
RETURNS core.payment_requests
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    INSERT INTO core.chat_sessions (customer_id, duration_minutes, pairing_deadline)
    VALUES (p_payment.customer_id, p_payment.duration_minutes,
        clock_timestamp() + core.config_seconds('pairing_timeout_seconds'))
    RETURNING id INTO p_payment.session_id;
    UPDATE core.payment_requests SET session_id = p_payment.session_id WHERE id = p_payment.id;
    RETURN p_payment;
END
$$;

COMMENT ON FUNCTION core.open_session(core.payment_requests) IS $$
Opens the searching session of a payment whose customer is locked, and returns the payment with its
session_id.
Notifies: pairing.
$$;
