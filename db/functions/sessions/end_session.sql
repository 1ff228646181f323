CREATE OR REPLACE FUNCTION api.end_session(
    p_session_id uuid, p_user_type text, p_user_id uuid, p_no_reply boolean DEFAULT false)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_found core.chat_sessions;
    v_session core.chat_sessions;
    v_now timestamptz;
    v_wait interval;
    v_events core.event[];
BEGIN
    PERFORM core.require('session_id', p_session_id::text, 'no_reply', p_no_reply::text);
    PERFORM core.lock_for_command(ARRAY[p_session_id]);

    -- Judge the user, only once the session is locked: a reroute may have made another mitra
    -- its party.
    IF p_user_type IS DISTINCT FROM 'cc' THEN
        PERFORM core.require_party(p_session_id, p_user_type, p_user_id);
    END IF;
    IF p_user_type = 'mitra' THEN
        PERFORM core.require_active(core.lock_mitra(p_user_id));
        PERFORM core.prove_presence(p_user_id);
    END IF;
    v_found := core.read_session(p_session_id);
    IF v_found.id IS NULL THEN
        PERFORM core.refuse_unknown('session');
    END IF;
    v_now := clock_timestamp();
    IF p_no_reply AND p_user_type IS DISTINCT FROM 'customer' THEN
        PERFORM core.refuse('FORBIDDEN',
            'Only the customer ends a session for want of a reply.', 'End it without no_reply.');
    END IF;

    -- Judge the session as if what is due were settled. An ended session stays as it is.
    v_session := core.settled(v_found, v_now);
    IF v_session.status IN ('active', 'extending', 'closing') THEN
        -- The time in which nobody answered was not used.
        IF p_no_reply THEN
            PERFORM core.lock_conversation(p_session_id);
            v_wait := core.unanswered_wait(v_found, v_now);
            IF v_wait IS NULL THEN
                PERFORM core.refuse('INVALID_STATE',
                    'The mitra has written, or still has time to.',
                    'Wait for first_reply_overdue, or end the session without no_reply.');
            END IF;
            v_session := core.with_wait_back(v_session, v_wait, v_now);
        END IF;
        v_events := core.cancel_extension(p_session_id, 'session_ended');
        v_session := core.enter_final(v_session, 'completed',
            CASE WHEN p_no_reply THEN 'no_first_reply' ELSE 'ended_by_' || p_user_type END, v_now);
        IF p_no_reply THEN
            v_events := v_events || core.payment_events(core.owe_unanswered(v_session));
        END IF;
        IF p_user_type = 'cc' THEN
            PERFORM core.audit(p_user_id, 'session.end', p_session_id::text,
                jsonb_build_object('status', v_found.status),
                jsonb_build_object(
                    'status', v_session.status, 'unused_seconds', v_session.unused_seconds));
        END IF;
    ELSIF core.is_open(v_session.status) THEN
        PERFORM core.refuse('INVALID_STATE',
            'A session that is ' || v_session.status || ' cannot be ended.',
            CASE
                WHEN p_user_type = 'customer' THEN 'Cancel the search instead.'
                WHEN p_user_type = 'cc' AND EXISTS (
                    SELECT FROM core.payment_requests AS payment
                    WHERE payment.session_id = p_session_id
                        AND payment.status = 'confirmed' AND NOT payment.is_extension)
                THEN 'Refund its payment instead: that cancels the search.'
                ELSE 'It ends by itself when its time is over.' END);
    END IF;

    -- Write and tell what changed: by this call, or by time.
    IF v_session IS DISTINCT FROM v_found THEN
        PERFORM core.save_sessions(ARRAY[v_session]);
        PERFORM core.emit(v_events || core.settlement_events(ARRAY[v_session]));
    END IF;
    RETURN core.session_json(v_session);
END
$$;

COMMENT ON FUNCTION api.end_session(uuid, text, uuid, boolean) IS $$
Ends a running, paused or closing session at once, for both parties; a pending extension is
cancelled and its money owed back. p_user_type: customer or mitra with the party's id, or cc.
Refunds nothing by itself; unused_seconds keeps what was left. p_no_reply: the customer ends it
because the mitra's first reply is overdue; then all that was kept is owed back (after a reroute,
the price of what was left), and the first-session price is free again. Changes nothing on a session
that has ended. Returns the session.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403, FORBIDDEN 403 (p_no_reply by
another than the customer), INVALID_STATE 409 (still searching; p_no_reply, and the mitra has
written or still has time to).
Notifies: mitra_mirror, pairing when somebody waits for the slot, events (session_ended,
payment_updated).
$$;
GRANT EXECUTE ON FUNCTION api.end_session(uuid, text, uuid, boolean) TO halo_app, halo_cc;
