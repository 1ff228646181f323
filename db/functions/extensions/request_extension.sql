CREATE OR REPLACE FUNCTION api.request_extension(
    p_session_id uuid, p_customer_id uuid, p_duration_minutes integer, p_price bigint,
    p_extension_payment_request_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_found core.chat_sessions;
    v_session core.chat_sessions;
    v_mitra core.mitras;
    v_extension core.session_extensions;
    v_closed_at timestamptz;
    v_now timestamptz;
BEGIN
    PERFORM core.require('session_id', p_session_id::text, 'customer_id', p_customer_id::text,
        'extension_payment_request_id', p_extension_payment_request_id::text,
        'duration_minutes', p_duration_minutes::text, 'price', p_price::text);

    -- Lock. Time that an absent mitra lost is given back before the clock is judged.
    PERFORM core.lock_for_command(ARRAY[p_session_id], ARRAY[p_extension_payment_request_id]);
    PERFORM core.credit_absences(ARRAY[p_session_id], clock_timestamp());

    -- Read again and judge: the session, then the payment, then the mitra's slots.
    v_found := core.read_session(p_session_id);
    v_now := clock_timestamp();
    v_session := core.settled(v_found, v_now);
    IF v_session.customer_id IS DISTINCT FROM p_customer_id
        OR v_session.status NOT IN ('active', 'closing')
    THEN
        PERFORM core.refuse('SESSION_NOT_ACTIVE',
            'Only a running session of your own can be prolonged.', 'Pay for a new session.');
    END IF;
    PERFORM core.usable_extension_payment(p_extension_payment_request_id, p_session_id,
        p_customer_id, p_duration_minutes, p_price);

    -- Last words hold no slot, so it is taken again. A session that nobody settled yet is still
    -- counted among the mitra's slots: it must not stand in its own way.
    IF v_session.status = 'closing' THEN
        v_mitra := core.lock_mitra(v_session.mitra_id);
        IF core.capacity(v_mitra.id) - core.holds_slot(v_found.status)::integer
            >= core.max_sessions(v_mitra)
        THEN
            PERFORM core.refuse('CAPACITY_FULL',
                'The mitra has taken another session meanwhile.',
                'Try again when the mitra has a free slot.');
        END IF;
        v_closed_at := coalesce(v_session.ran_until, v_session.expires_at);
    END IF;

    -- Write.
    PERFORM core.note_life(p_session_id, 'customer', p_customer_id);
    v_session := core.enter_extending(v_session, v_now);
    INSERT INTO core.session_extensions (
        session_id, requested_duration_minutes, requested_price, requested_at, closed_at,
        expires_at, payment_request_id)
    VALUES (
        p_session_id, p_duration_minutes, p_price, v_now, v_closed_at,
        v_now + core.config_seconds('extension_timeout_seconds'), p_extension_payment_request_id)
    RETURNING * INTO v_extension;
    PERFORM core.save_sessions(ARRAY[v_session]);

    -- Tell: the mitra is asked, the customer sees the pause.
    PERFORM core.emit(ARRAY[
        core.to_mitra(v_session.mitra_id, 'extension_request',
            core.session_frame(v_session) || jsonb_build_object(
                'extension_id', v_extension.id,
                'duration_minutes', p_duration_minutes, 'price', p_price,
                'timeout_seconds', core.config_int('extension_timeout_seconds'),
                'expires_at', core.instant(v_extension.expires_at))),
        core.to_customer(v_session.customer_id, 'session_paused',
            core.session_frame(v_session) || jsonb_build_object(
                'extension_id', v_extension.id, 'reason', 'extension_pending'))]);
    RETURN core.extension_json(v_extension);
END
$$;

COMMENT ON FUNCTION api.request_extension(uuid, uuid, integer, bigint, uuid) IS $$
The customer wants to go on, with a confirmed extension payment: the clock is paused and the mitra
asked. Minutes and price (rupiah) must be the payment's own; the payment is kept only when the
mitra approves. From closing, the slot is taken again. Returns the extension.
Judged in this order. Raises: VALIDATION_ERROR 422, SESSION_NOT_ACTIVE 409 (not the customer's, or
not active or closing), NOT_FOUND 404, FORBIDDEN 403, INVALID_STATE 409 (not confirmed, not an
extension, of another session, used), FIRST_SESSION_DISCOUNT_NOT_ALLOWED 400, CAPACITY_FULL 409.
Notifies: mitra_mirror (from closing), deadlines, events (extension_request, session_paused).
$$;
GRANT EXECUTE ON FUNCTION api.request_extension(uuid, uuid, integer, bigint, uuid) TO halo_app;
