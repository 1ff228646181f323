CREATE OR REPLACE FUNCTION core.session_json(p_session core.chat_sessions)
RETURNS jsonb
LANGUAGE sql VOLATILE
AS $$
SELECT shown.shown FROM core.shown_sessions(ARRAY[p_session]) AS shown
$$;

COMMENT ON FUNCTION core.session_json(core.chat_sessions) IS
'A session as its parties see it, judged as if what is due were settled already.';
