CREATE OR REPLACE FUNCTION core.start_paid(p_payment core.payment_requests)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_session core.chat_sessions := core.read_session(p_payment.session_id);
    v_now timestamptz;
BEGIN
    -- Lock, then judge: nobody is charged for a mitra who may not write any more; another mitra is
    -- looked for.
    PERFORM core.lock_mitras(ARRAY[v_session.mitra_id]);
    v_now := clock_timestamp();
    IF EXISTS (
        SELECT FROM core.mitras WHERE id = v_session.mitra_id AND NOT is_active)
    THEN
        RETURN core.reroute_sessions(ARRAY[v_session.id], 'deactivated', NULL, v_now);
    END IF;
    PERFORM core.consume_payment(p_payment);
    v_session := core.enter_active(v_session, v_now);
    PERFORM core.save_sessions(ARRAY[v_session]);
    RETURN core.to_both(v_session, 'session_started', core.session_frame(v_session));
END
$$;

COMMENT ON FUNCTION core.start_paid(core.payment_requests) IS $$
The session that waited for this confirmed payment starts, and the money is kept. When its mitra was
deactivated meanwhile, it searches for another, and the money is held until that mitra accepts.
Locks the mitra. Returns the events for the caller to emit.
Notifies: mitra_mirror, pairing, deadlines.
$$;
