CREATE OR REPLACE FUNCTION api.ask_for_another_mitra(p_session_id uuid, p_customer_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_now timestamptz;
    v_wait interval;
    v_events core.event[];
BEGIN
    PERFORM core.require_party(p_session_id, 'customer', p_customer_id);

    -- Lock. Lost time is given back first: it may leave enough of the clock for another mitra.
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    v_now := clock_timestamp();
    PERFORM core.credit_absences(ARRAY[p_session_id], v_now);
    PERFORM core.lock_conversation(p_session_id);
    v_session := core.read_session(p_session_id);
    v_wait := core.unanswered_wait(v_session, v_now);
    IF core.settled_status(v_session, v_now) IN ('active', 'extending') AND v_wait IS NOT NULL THEN
        v_session := core.with_wait_back(v_session, v_wait, v_now);
        PERFORM core.save_sessions(ARRAY[v_session]);
        INSERT INTO core.customer_transactions (customer_id, session_id, type, amount, details)
        VALUES (p_customer_id, p_session_id, 'credit', 0, jsonb_build_object(
            'seconds', floor(extract(epoch FROM v_wait)), 'mitra_id', v_session.mitra_id));
    END IF;

    -- Judge: the session, then whether its mitra owes a reply or is gone. An absence proves
    -- nothing when nobody has looked at the leases for a while.
    v_session := core.settled(v_session, v_now);
    IF v_session.status NOT IN ('active', 'extending')
        OR NOT core.may_reroute(v_session, v_now)
    THEN
        PERFORM core.refuse('INVALID_STATE',
            'A session that is ' || v_session.status
                || ', with nothing left for another mitra, stays as it is.',
            'Only a session that runs, or is paused with time left, can go to another mitra.');
    ELSIF v_wait IS NULL AND NOT EXISTS (
        SELECT FROM core.session_absences AS absence
        WHERE absence.session_id = p_session_id AND absence.party = 'mitra'
            AND absence.user_id = v_session.mitra_id AND absence.ended_at IS NULL
            AND absence.seen_until > v_now - interval '15 seconds'
    ) THEN
        PERFORM core.refuse('INVALID_STATE',
            'The mitra of this session is not gone, and owes no reply.',
            'Wait for peer_presence or first_reply_overdue to say so, or end the session.');
    END IF;

    -- Write and tell.
    v_events := core.reroute_sessions(ARRAY[p_session_id],
        CASE WHEN v_wait IS NULL THEN 'mitra_absent' ELSE 'no_first_reply' END, NULL, v_now);
    PERFORM core.emit(v_events);
    RETURN core.session_json(core.read_session(p_session_id));
END
$$;

COMMENT ON FUNCTION api.ask_for_another_mitra(uuid, uuid) IS $$
The customer of a session whose mitra is gone (peer_presence), or owes a first reply
(first_reply_overdue), wants another mitra: the session is rerouted as by api.reroute_session, with
the cause mitra_absent or no_first_reply. The time since the session started with a mitra who never
wrote is given back. Returns the session.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (the mitra is not gone and has
written or still has time to, the session does not run, or no time is left).
Notifies: mitra_mirror, pairing, deadlines, events (session_rerouted; session_ended to the mitra;
payment_updated).
$$;
GRANT EXECUTE ON FUNCTION api.ask_for_another_mitra(uuid, uuid) TO halo_app;
