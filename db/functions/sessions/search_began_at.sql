CREATE OR REPLACE FUNCTION core.search_began_at(p_session core.chat_sessions)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE
AS $$
SELECT coalesce(p_session.search_began_at, p_session.created_at)
$$;

COMMENT ON FUNCTION core.search_began_at(core.chat_sessions) IS $$
When the present search of a session began: with the session, or with its latest reroute.
$$;
