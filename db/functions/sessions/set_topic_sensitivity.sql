CREATE OR REPLACE FUNCTION api.set_topic_sensitivity(
    p_session_id uuid, p_mitra_id uuid, p_topic_sensitivity text)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('session_id', p_session_id::text, 'mitra_id', p_mitra_id::text);
    IF p_topic_sensitivity IS NULL OR p_topic_sensitivity NOT IN ('normal', 'sensitive') THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A topic is normal or sensitive.', 'Choose one of them.', 'topic_sensitivity');
    END IF;
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    PERFORM core.require_party(p_session_id, 'mitra', p_mitra_id);
    PERFORM core.require_active(core.lock_mitra(p_mitra_id));
    PERFORM core.note_life(p_session_id, 'mitra', p_mitra_id);
    UPDATE core.chat_sessions SET topic_sensitivity = p_topic_sensitivity WHERE id = p_session_id;
    PERFORM core.settle_if_free(p_session_id);
    RETURN core.session_json(core.read_session(p_session_id));
END
$$;

COMMENT ON FUNCTION api.set_topic_sensitivity(uuid, uuid, text) IS $$
The session's mitra marks its topic normal or sensitive. Returns the session.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403.
Notifies: nothing; mitra_mirror, pairing, deadlines, events (session_closing, session_ended) for a
session past its time that nobody settled yet.
$$;
GRANT EXECUTE ON FUNCTION api.set_topic_sensitivity(uuid, uuid, text) TO halo_app;
