CREATE OR REPLACE FUNCTION api.reroute_session(
    p_session_id uuid, p_actor_id uuid DEFAULT NULL, p_cause text DEFAULT 'control_centre')
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_now timestamptz;
    v_events core.event[];
BEGIN
    PERFORM core.require('session_id', p_session_id::text, 'cause', p_cause);

    -- Lock, read again, and judge as if what is due were settled.
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    v_session := core.read_session(p_session_id);
    IF v_session.id IS NULL THEN
        PERFORM core.refuse_unknown('session');
    END IF;
    v_now := clock_timestamp();
    v_session := core.settled(v_session, v_now);
    IF NOT core.may_reroute(v_session, v_now) THEN
        PERFORM core.refuse('INVALID_STATE',
            'A session that is ' || v_session.status
                || ', with nothing left for another mitra, stays as it is.',
            'Only a session that runs, is paused with time left, or waits for its payment '
                || 'can be rerouted.');
    END IF;

    -- Write and tell.
    v_events := core.reroute_sessions(ARRAY[p_session_id], p_cause, p_actor_id, v_now);
    PERFORM core.audit(p_actor_id, 'session.reroute', p_session_id::text,
        jsonb_build_object('mitra_id', v_session.mitra_id, 'round', v_session.round),
        jsonb_build_object('cause', p_cause));
    PERFORM core.emit(v_events);
    RETURN core.session_json(core.read_session(p_session_id));
END
$$;

COMMENT ON FUNCTION api.reroute_session(uuid, uuid, text) IS $$
Takes a running, paused or unpaid session from its mitra and looks for another: the slot is
released, the remaining time kept, a new round with a new pairing deadline begun, that mitra
excluded. A pending extension is cancelled and its money owed back. The next accept charges
nothing; when the search fails or is cancelled, the price of what was left is owed. Returns the
session.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (no mitra to be taken from, or no
time left).
Notifies: mitra_mirror, pairing, deadlines, events (session_rerouted; session_ended to the mitra;
payment_updated).
$$;
GRANT EXECUTE ON FUNCTION api.reroute_session(uuid, uuid, text) TO halo_cc;
