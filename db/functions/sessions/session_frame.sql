CREATE OR REPLACE FUNCTION core.session_frame(p_session core.chat_sessions)
RETURNS jsonb
LANGUAGE sql VOLATILE
AS $$
SELECT core.as_frame(core.session_json(p_session))
$$;

COMMENT ON FUNCTION core.session_frame(core.chat_sessions) IS
'A session as the payload of a frame about it.';
