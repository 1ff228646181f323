CREATE OR REPLACE FUNCTION api.session_timers(
    p_after uuid DEFAULT NULL, p_limit integer DEFAULT 1000)
RETURNS TABLE (session_id uuid, customer_id uuid, mitra_id uuid, frame jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('limit', p_limit::text);
SELECT session.id, session.customer_id, session.mitra_id, jsonb_build_object(
    'type', 'session_timer', 'session_id', session.id,
    'seconds_left', round(core.seconds_left(session, clock_timestamp())),
    'expires_at', core.instant(session.expires_at),
    'server_time', core.instant(clock_timestamp()))
FROM core.chat_sessions AS session
WHERE session.status = 'active'
    AND session.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
ORDER BY session.id
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.session_timers(uuid, integer) IS $$
The running clocks as session_timer frames, by session id after p_after, p_limit a page. Writes
nothing, raises VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.session_timers(uuid, integer) TO halo_listener;
