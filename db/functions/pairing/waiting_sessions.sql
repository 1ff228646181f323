CREATE OR REPLACE FUNCTION api.waiting_sessions(p_limit integer DEFAULT 100)
RETURNS TABLE (session_id uuid, excluded uuid[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('limit', p_limit::text);
SELECT session.id, core.tried_mitras(session)
FROM core.chat_sessions AS session
WHERE session.status = 'searching' AND session.pairing_deadline > clock_timestamp()
ORDER BY session.created_at, session.id
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.waiting_sessions(integer) IS
'Sessions that want a wave of offers, oldest first, each with the mitras it must not be offered to again in this round. Raises: VALIDATION_ERROR 422.';
GRANT EXECUTE ON FUNCTION api.waiting_sessions(integer) TO halo_listener;
