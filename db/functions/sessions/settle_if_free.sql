CREATE OR REPLACE FUNCTION core.settle_if_free(p_session_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_events core.event[] := core.settled_if_free(p_session_id);
BEGIN
    IF v_events IS NOT NULL THEN
        PERFORM core.emit(v_events);
    END IF;
END
$$;

COMMENT ON FUNCTION core.settle_if_free(uuid) IS $$
Writes what time has made of a session, and tells it (core.settled_if_free), for a call that tells
nobody anything else; such a call ends with it.
Notifies: mitra_mirror, pairing, deadlines, events (session_closing, session_ended).
$$;
