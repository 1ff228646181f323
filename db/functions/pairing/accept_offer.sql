CREATE OR REPLACE FUNCTION api.accept_offer(p_offer_id uuid, p_mitra_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_offer core.pairing_offers := core.lock_offer(p_offer_id, p_mitra_id);
    v_session core.chat_sessions := core.read_session(v_offer.session_id);
    v_mitra core.mitras;
    v_payment core.payment_requests;
    v_rescinded core.pairing_offers[];
    v_events core.event[] := ARRAY[]::core.event[];
    v_shown jsonb;
BEGIN
    -- lock_offer has found and locked everything. The winner may ask again, while the session
    -- is still the winner's.
    IF v_offer.status = 'accepted'
        AND v_session.mitra_id = p_mitra_id AND v_session.round = v_offer.round
    THEN
        PERFORM core.prove_presence(p_mitra_id);
        RETURN core.session_json(v_session);
    END IF;

    -- Judge the offer first, then the mitra: the order in which refusals are promised.
    -- A block is told like a search that ended.
    PERFORM core.require_open(v_offer);
    IF p_mitra_id = ANY (core.blocked_mitras(v_session.customer_id)) THEN
        PERFORM core.refuse('OFFER_GONE',
            'The offer is cancelled.', 'Wait for the next offer.');
    END IF;
    SELECT * INTO v_mitra FROM core.mitras WHERE id = p_mitra_id;
    PERFORM core.require_active(v_mitra);
    IF NOT EXISTS (
        SELECT FROM core.mitra_online_status WHERE mitra_id = p_mitra_id AND is_online)
    THEN
        PERFORM core.refuse('NOT_ONLINE', 'An offline mitra accepts nothing.', 'Go online first.');
    ELSIF core.capacity(p_mitra_id) >= core.max_sessions(v_mitra) THEN
        PERFORM core.refuse('CAPACITY_FULL',
            'All slots of this mitra are taken.', 'End a session first.');
    END IF;

    -- Write the offers: this mitra has won, and the others of the wave are too late.
    v_rescinded := core.settle_offers(ARRAY(
        SELECT id FROM core.pairing_offers
        WHERE session_id = v_offer.session_id AND core.status_is(status, 'offered')
    ), 'rescinded', p_offer_id);

    -- Write the session. Its money says whether the clock starts or the slot is only held.
    SELECT * INTO v_payment FROM core.payment_requests
    WHERE session_id = v_session.id AND NOT is_extension;
    v_session.mitra_id := p_mitra_id;
    IF v_payment.status = 'pending' THEN
        v_session.status := 'pending_payment';
    ELSIF v_payment.status IN ('confirmed', 'consumed') THEN
        -- A rerouted session has its payment consumed already.
        IF v_payment.status = 'confirmed' THEN
            v_payment := core.consume_payment(v_payment);
            v_events := core.payment_events(ARRAY[v_payment]);
        END IF;
        v_session := core.enter_active(v_session, clock_timestamp());
    ELSE
        PERFORM core.refuse('INVALID_STATE',
            'Nobody pays for this session.', 'Wait for the next offer.');
    END IF;
    PERFORM core.save_sessions(ARRAY[v_session]);
    PERFORM core.forget_missed_offers(p_mitra_id);

    -- Tell.
    v_shown := core.session_json(v_session);
    IF v_session.status = 'active' THEN
        v_events := v_events
            || core.to_both(v_session, 'session_started', core.as_frame(v_shown));
    END IF;
    PERFORM core.emit(v_events || core.offer_events(v_rescinded));
    RETURN v_shown;
END
$$;

COMMENT ON FUNCTION api.accept_offer(uuid, uuid) IS $$
The mitra takes the session: the first accept wins. The offer is accepted, the others are
rescinded, the payment is kept and the clock starts; when the session is not paid yet, only the
slot is held (pending_payment). The winner's repeat gets the same answer, until a reroute. Returns
the session.
Judged in this order. Raises: NOT_FOUND 404, OFFER_TAKEN 409, OFFER_EXPIRED 409, OFFER_GONE 409,
MITRA_DEACTIVATED 403, NOT_ONLINE 409, CAPACITY_FULL 409, INVALID_STATE 409 (money fell away);
VALIDATION_ERROR 422.
Notifies: mitra_mirror, deadlines, events (session_started, offer_rescinded, payment_updated).
$$;
GRANT EXECUTE ON FUNCTION api.accept_offer(uuid, uuid) TO halo_app;
