CREATE OR REPLACE FUNCTION core.settle_if_free(p_session_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_session core.chat_sessions := core.read_session(p_session_id);
BEGIN
    IF core.settled_status(v_session, clock_timestamp()) <> v_session.status THEN
        PERFORM core.emit(settled.events)
        FROM core.settle_sessions(core.lock_whole(ARRAY[p_session_id], '{parties,absences,slot}'))
            AS settled;
    END IF;
END
$$;

COMMENT ON FUNCTION core.settle_if_free(uuid) IS $$
Writes what time has made of a session, for a call that judged the session as settled and tells
nobody anything else; such a call ends with it. Waits for nobody: a session with a busy row is left
to run_due.
Notifies: mitra_mirror, pairing, deadlines, events (session_closing, session_ended).
$$;
