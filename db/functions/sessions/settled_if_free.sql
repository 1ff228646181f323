CREATE OR REPLACE FUNCTION core.settled_if_free(p_session_id uuid)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_session core.chat_sessions := core.read_session(p_session_id);
    v_events core.event[];
BEGIN
    IF core.settled_status(v_session, clock_timestamp()) <> v_session.status THEN
        SELECT settled.events INTO v_events
        FROM core.settle_sessions(core.lock_whole(ARRAY[p_session_id], core.expiry_locks()))
            AS settled;
    END IF;
    RETURN v_events;
END
$$;

COMMENT ON FUNCTION core.settled_if_free(uuid) IS $$
Writes what time has made of a session, for a call that judged the session as settled; it is the
call's last step before it tells. Waits for nobody: a session with a busy row is left to run_due.
Returns the events for the caller to emit.
Notifies: mitra_mirror, pairing, deadlines.
$$;
