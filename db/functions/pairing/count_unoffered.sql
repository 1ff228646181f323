CREATE OR REPLACE FUNCTION api.count_unoffered()
RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT count(*)::integer FROM core.chat_sessions AS session
WHERE core.searches_since(session) >= core.searching_from()
    AND core.status_is(session.status, 'searching')
    AND session.pairing_deadline > clock_timestamp()
$$;

COMMENT ON FUNCTION api.count_unoffered() IS $$
How many searches have no live offer: how many rows api.unoffered_sessions would give without a
limit. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.count_unoffered() TO halo_listener;
