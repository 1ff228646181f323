CREATE OR REPLACE FUNCTION core.require_met(
    p_session_id uuid, p_user_type text, p_user_id uuid, p_is_recent boolean DEFAULT true)
RETURNS core.chat_sessions
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_session core.chat_sessions;
BEGIN
    PERFORM core.require_party(p_session_id, p_user_type, p_user_id);
    v_session := core.read_session(p_session_id);
    v_session.mitra_id := core.met_mitra(v_session);
    IF v_session.mitra_id IS NULL THEN
        PERFORM core.refuse('INVALID_STATE',
            'No mitra has taken this session yet.', 'Cancel the search instead.');
    ELSIF p_is_recent AND v_session.ended_at < clock_timestamp() - interval '7 days' THEN
        PERFORM core.refuse('INVALID_STATE',
            'This session ended more than seven days ago.', 'Write to us instead.');
    END IF;
    RETURN v_session;
END
$$;

COMMENT ON FUNCTION core.require_met(uuid, text, uuid, boolean) IS $$
The locked session of a party, with core.met_mitra as its mitra: both parties have met, and, with
p_is_recent, the session is open or ended within the last seven days.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409.
$$;
