CREATE OR REPLACE FUNCTION api.confirm_payment(p_payment_request_id uuid, p_paid_at timestamptz DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests;
    v_session core.chat_sessions;
    v_open uuid;
    v_latest timestamptz;
    v_events core.event[];
BEGIN
    PERFORM core.require('payment_request_id', p_payment_request_id::text);
    v_events := core.lock_payment(p_payment_request_id);
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
    IF v_payment.confirmed_at IS NOT NULL THEN
        PERFORM core.emit(v_events);
        RETURN core.payment_request_json(v_payment);    -- once is enough
    END IF;
    v_payment.confirmed_at := clock_timestamp();
    v_payment.paid_at := coalesce(p_paid_at, v_payment.confirmed_at);
    v_latest := v_payment.expires_at + CASE core.config_text('late_payment_policy')
        WHEN 'revive' THEN core.config_seconds('late_payment_revive_seconds') ELSE '0' END;
    v_session := core.read_session(v_payment.session_id);
    v_open := core.open_session_of(v_payment.customer_id);
    IF v_payment.status = 'cancelled' THEN
        v_payment := core.owe_back(v_payment, 'failed', 'payment_cancelled');
    ELSIF v_payment.paid_at > v_latest THEN
        v_payment := core.owe_back(v_payment, 'paid_late', 'paid_late');
    ELSIF NOT v_payment.is_extension AND v_open IS NOT NULL AND v_open IS DISTINCT FROM v_session.id THEN
        v_payment := core.owe_back(v_payment, 'failed', 'session_already_open');
    ELSIF v_payment.is_first_session_discount AND core.discount_used(v_payment.customer_id) THEN
        v_payment := core.owe_back(v_payment, 'failed', 'discount_used');
    ELSE
        v_payment.status := 'confirmed';
    END IF;
    PERFORM core.save_payment(v_payment);
    IF v_payment.is_extension THEN
        NULL;                                           -- usable from now on, and nothing more
    ELSIF v_payment.status = 'confirmed' AND v_session.status = 'pending_payment' THEN
        v_payment := core.consume_payment(v_payment);
        v_session := core.enter_active(v_session, clock_timestamp());
        PERFORM core.save_sessions(ARRAY[v_session]);
        v_events := v_events || core.to_both(v_session, 'session_started', core.session_frame(v_session));
    ELSIF v_payment.status = 'confirmed' AND v_open IS NULL THEN
        v_payment := core.open_session(v_payment);
    ELSIF v_payment.status <> 'confirmed' AND core.is_open(v_session.status) THEN
        v_events := v_events || core.abandon_searches(ARRAY[core.enter_final(v_session, 'failed',
            CASE v_payment.status WHEN 'paid_late' THEN 'payment_expired' ELSE v_payment.failure_cause END, clock_timestamp())]);
    END IF;
    PERFORM core.emit(core.payment_events(ARRAY[v_payment]) || v_events);
    RETURN core.payment_request_json(v_payment);
END
$$;

COMMENT ON FUNCTION api.confirm_payment(uuid, timestamptz) IS $$
The money has arrived: never refused by a rule of ours. p_paid_at is the provider's time of payment (null = now); lateness is judged by it,
so it does not matter in which order news arrives. A base payment opens its search in the same transaction, or starts the session that
waits for it; an extension payment becomes usable. Money that cannot be used ends failed or paid_late with its whole amount due.
Repeating it changes nothing. Returns the payment request.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: pairing, mitra_mirror, events (payment_updated, session_started, pairing_failed).
$$;
GRANT EXECUTE ON FUNCTION api.confirm_payment(uuid, timestamptz) TO halo_cc;
