CREATE OR REPLACE FUNCTION core.begin_search(p_payment core.payment_requests)
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

COMMENT ON FUNCTION core.begin_search(core.payment_requests) IS $$
Begins the search of a payment whose customer is locked: its session. Returns the payment with its
session_id.
Notifies: pairing.
$$;
