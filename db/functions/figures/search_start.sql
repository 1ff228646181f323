CREATE OR REPLACE FUNCTION core.search_start(p_session_id uuid, p_round integer)
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT coalesce(
    (SELECT reroute.at FROM core.session_reroutes AS reroute
     WHERE reroute.session_id = p_session_id AND reroute.round = p_round - 1),
    (SELECT session.created_at FROM core.chat_sessions AS session
     WHERE session.id = p_session_id))
$$;

COMMENT ON FUNCTION core.search_start(uuid, integer) IS $$
When the search of this round began, also of a round that is over: with the session, or with the
reroute before it.
$$;
