CREATE OR REPLACE FUNCTION core.was_searching(p_session core.chat_sessions, p_since timestamptz)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT p_session.status IN ('searching', 'pending_acceptance')
    AND p_since >= core.search_began_at(p_session)
$$;

COMMENT ON FUNCTION core.was_searching(core.chat_sessions, timestamptz) IS $$
Whether a search is under way that was already under way at p_since. A customer who has to pay for
a session may be busy with that.
$$;
