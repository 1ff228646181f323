CREATE OR REPLACE FUNCTION core.require_met(
    p_session_id uuid, p_user_type text, p_user_id uuid, p_is_recent boolean DEFAULT true)
RETURNS core.chat_sessions
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_session core.chat_sessions;
BEGIN
    PERFORM core.require_acquainted(p_session_id, p_user_type, p_user_id);
    v_session := core.read_session(p_session_id);
    IF p_user_type = 'customer' THEN
        v_session.mitra_id := core.met_mitra(v_session);
    ELSIF v_session.mitra_id IS DISTINCT FROM p_user_id THEN
        -- For a mitra from whom it was taken, the session ended then.
        SELECT reroute.mitra_id, reroute.at INTO v_session.mitra_id, v_session.ended_at
        FROM core.session_reroutes AS reroute
        WHERE reroute.session_id = p_session_id AND reroute.mitra_id = p_user_id
        ORDER BY reroute.round DESC LIMIT 1;
    END IF;
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
The locked session of somebody acquainted (core.require_acquainted), with the mitra that is meant:
the mitra who asks, with the end that the session had for that mitra, or core.met_mitra. Both
parties have met, and, with p_is_recent, the session is open or ended within the last seven days.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409.
$$;
