CREATE OR REPLACE FUNCTION api.events_after(
    p_user_type text, p_user_id uuid, p_after_seq bigint, p_limit integer DEFAULT 500)
RETURNS TABLE (seq bigint, frame jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('user_type', p_user_type, 'user_id', p_user_id::text,
    'after_seq', p_after_seq::text, 'limit', p_limit::text);
SELECT event.seq, core.event_frame(event)
FROM core.events AS event
WHERE event.recipient = p_user_type || ':' || p_user_id AND event.seq > p_after_seq
ORDER BY event.seq
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.events_after(text, uuid, bigint, integer) IS $$
A user's stored frames after p_after_seq, oldest first, p_limit at most. Raises:
VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.events_after(text, uuid, bigint, integer) TO halo_app;
