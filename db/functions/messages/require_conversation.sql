CREATE OR REPLACE FUNCTION core.require_conversation(p_session_id uuid, p_user_type text, p_user_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_session core.chat_sessions := core.settled(core.read_session(p_session_id), clock_timestamp());
BEGIN
    PERFORM core.require_party(p_session_id, p_user_type, p_user_id);
    IF p_user_type = 'mitra' THEN
        PERFORM core.require_active(mitra) FROM core.mitras AS mitra WHERE mitra.id = p_user_id;
    END IF;
    IF v_session.status = 'extending' THEN
        PERFORM core.refuse('SESSION_PAUSED', 'The session waits for the answer to an extension.', 'Try again when it goes on.');
    ELSIF v_session.status NOT IN ('active', 'closing') THEN
        PERFORM core.refuse('SESSION_NOT_ACTIVE', 'The session is ' || v_session.status || '.', 'Only a running session takes messages.');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_conversation(uuid, text, uuid) IS
'Whether somebody may speak in a session now. Raises: NOT_FOUND 404, VALIDATION_ERROR 422, MITRA_DEACTIVATED 403, SESSION_PAUSED 409, SESSION_NOT_ACTIVE 409.';
