CREATE OR REPLACE FUNCTION core.require_conversation(
    p_session_id uuid, p_user_type text, p_user_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_session core.chat_sessions := core.settled(core.read_session(p_session_id), v_now);
    v_mitra core.mitras;
BEGIN
    PERFORM core.require_party(p_session_id, p_user_type, p_user_id);
    SELECT * INTO v_mitra FROM core.mitras WHERE id = v_session.mitra_id;
    IF core.may_speak(v_session, p_user_type, p_user_id, v_mitra.is_active, v_now) THEN
        RETURN;
    END IF;

    -- Say why not.
    IF p_user_type = 'mitra' THEN
        PERFORM core.require_active(v_mitra);
    END IF;
    IF v_session.status = 'extending' THEN
        PERFORM core.refuse('SESSION_PAUSED',
            'The session waits for the answer to an extension.', 'Try again when it goes on.');
    END IF;
    PERFORM core.refuse('SESSION_NOT_ACTIVE',
        'The session is ' || v_session.status || '.', 'Only a running session takes messages.');
END
$$;

COMMENT ON FUNCTION core.require_conversation(uuid, text, uuid) IS $$
Refuses unless somebody may speak in a session now.
Raises: NOT_FOUND 404, VALIDATION_ERROR 422, MITRA_DEACTIVATED 403, SESSION_PAUSED 409,
SESSION_NOT_ACTIVE 409.
$$;
