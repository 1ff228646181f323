CREATE OR REPLACE FUNCTION core.session_day(p_session core.chat_sessions)
RETURNS date
LANGUAGE sql STABLE
AS $$
SELECT (p_session.created_at AT TIME ZONE 'UTC')::date
$$;

COMMENT ON FUNCTION core.session_day(core.chat_sessions) IS
'The day whose partition holds a session''s messages: the UTC date of the session''s creation.';
