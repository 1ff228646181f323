CREATE OR REPLACE FUNCTION api.confirm_payment(
    p_payment_request_id uuid, p_paid_at timestamptz DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests;
    v_events core.event[];
BEGIN
    PERFORM core.require('payment_request_id', p_payment_request_id::text);
    v_events := core.lock_payment(p_payment_request_id);
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;

    -- A repeat finds the money confirmed, and changes nothing.
    IF v_payment.confirmed_at IS NULL THEN
        v_events := core.take_money(v_payment, p_paid_at) || v_events;
        SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
    END IF;
    PERFORM core.emit(v_events);
    RETURN core.payment_request_json(v_payment);
END
$$;

COMMENT ON FUNCTION api.confirm_payment(uuid, timestamptz) IS $$
The money has arrived: no rule of ours refuses it. p_paid_at is the provider's time of payment
(null = now); lateness is judged by it, so it does not matter in which order news arrives. A base
payment opens its search in the same transaction, or starts the session that waits for it, which
searches anew when its mitra was deactivated meanwhile; an extension payment becomes usable. Money
that cannot be used ends failed or paid_late with its whole amount due. Repeating it changes
nothing. Returns the payment request.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: pairing, mitra_mirror, deadlines, events (payment_updated, session_started, session_ended,
session_rerouted, pairing_failed, offer_cancelled).
$$;
