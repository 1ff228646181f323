CREATE OR REPLACE FUNCTION core.require_party(p_session_id uuid, p_user_type text, p_user_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    PERFORM core.require('session_id', p_session_id::text,
        'user_type', p_user_type, 'user_id', p_user_id::text);
    IF NOT core.is_party(p_session_id, p_user_type, p_user_id) THEN
        PERFORM core.refuse_unknown('session');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_party(uuid, text, uuid) IS $$
A user who is no party of a session learns nothing of it.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
