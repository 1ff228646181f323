CREATE OR REPLACE FUNCTION core.resolve_extension(
    p_extension core.session_extensions, p_status text, p_cause text, p_via_timeout boolean,
    p_reason text DEFAULT NULL)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_session core.chat_sessions := core.read_session(p_extension.session_id);
    v_payment core.payment_requests;
    v_now timestamptz := clock_timestamp();
    v_left interval := greatest('0', v_session.expires_at - v_session.paused_at);
    v_response jsonb := jsonb_build_object(
        'session_id', v_session.id, 'extension_id', p_extension.id,
        'accepted', p_status = 'accepted', 'via_timeout', p_via_timeout);
BEGIN
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_extension.payment_request_id;
    UPDATE core.session_extensions SET status = p_status, responded_at = v_now
    WHERE id = p_extension.id;

    -- Yes: the clock runs on, with what was left when it was paused and with what was bought.
    IF p_status = 'accepted' THEN
        v_payment := core.consume_payment(v_payment);
        v_session.status := 'active';
        v_session.paused_at := NULL;
        v_session.ran_until := NULL;
        v_session.expires_at := v_now + v_left
            + make_interval(mins => p_extension.requested_duration_minutes);
        v_session.duration_minutes := v_session.duration_minutes
            + p_extension.requested_duration_minutes;
        v_session.unused_seconds := 0;
        PERFORM core.save_sessions(ARRAY[v_session]);
        RETURN ARRAY[core.to_customer(v_session.customer_id, 'extension_response',
                v_response || jsonb_build_object(
                    'duration_minutes', p_extension.requested_duration_minutes,
                    'expires_at', core.instant(v_session.expires_at)))]
            || core.to_both(v_session, 'session_resumed', core.session_frame(v_session)
                || jsonb_build_object('extension_id', p_extension.id))
            || core.payment_events(ARRAY[v_payment]);
    END IF;

    -- No, or silence: nothing is charged, and both parties get their last words in full.
    v_payment := core.owe_back(v_payment, 'failed', p_cause);
    PERFORM core.save_payment(v_payment);
    INSERT INTO core.pairing_failures (
        cause_tag, session_id, payment_request_id, customer_id, mitra_id, details)
    VALUES (
        p_cause, v_session.id, v_payment.id, v_session.customer_id, v_session.mitra_id,
        jsonb_build_object('extension_id', p_extension.id, 'via_timeout', p_via_timeout));
    v_session := core.enter_closing(v_session, p_cause, v_now);
    PERFORM core.save_sessions(ARRAY[v_session]);
    RETURN ARRAY[core.to_customer(v_session.customer_id, 'extension_response',
            v_response || CASE
                WHEN p_reason IS NULL THEN '{}'
                ELSE jsonb_build_object('reason', p_reason) END)]
        || core.settlement_events(ARRAY[v_session]) || core.payment_events(ARRAY[v_payment]);
END
$$;

COMMENT ON FUNCTION core.resolve_extension(core.session_extensions, text, text, boolean, text) IS $$
Ends a locked, pending extension. accepted keeps the payment, and the clock runs on with what was
left and what was bought. Otherwise the money is owed back with p_cause, the failure is recorded,
and the session closes with a full grace. Returns the events for the caller to emit.
$$;
