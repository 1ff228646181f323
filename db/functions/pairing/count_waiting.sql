CREATE OR REPLACE FUNCTION api.count_waiting()
RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT count(*)::integer FROM core.chat_sessions AS session
WHERE session.status = 'searching' AND session.pairing_deadline > clock_timestamp()
$$;

COMMENT ON FUNCTION api.count_waiting() IS $$
How many sessions want a wave of offers. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.count_waiting() TO halo_listener;
