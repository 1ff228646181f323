CREATE OR REPLACE FUNCTION core.known_session(p_session_id uuid)
RETURNS core.chat_sessions
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_session core.chat_sessions;
BEGIN
    PERFORM core.require('session_id', p_session_id::text);
    v_session := core.read_session(p_session_id);
    IF v_session.id IS NULL THEN
        PERFORM core.refuse_unknown('session');
    END IF;
    RETURN v_session;
END
$$;

COMMENT ON FUNCTION core.known_session(uuid) IS $$
Anybody's session, unlocked. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
