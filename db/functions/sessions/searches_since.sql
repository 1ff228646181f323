CREATE OR REPLACE FUNCTION core.searches_since(p_session core.chat_sessions)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE WHEN p_session.status IN ('searching', 'pending_acceptance')
    THEN coalesce(p_session.search_began_at, p_session.created_at) END
$$;

COMMENT ON FUNCTION core.searches_since(core.chat_sessions) IS $$
When the present search of a session began (core.search_began_at); null when it does not search, nor
wait for an answer to its offers. A look for searches asks this, and nothing else that an index
knows: so only the index of searches serves it, whose low-water mark is core.searching_from.
$$;
