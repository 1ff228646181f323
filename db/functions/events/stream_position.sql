CREATE OR REPLACE FUNCTION api.stream_position(p_user_type text, p_user_id uuid)
RETURNS TABLE (last_seq bigint, floor_seq bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT coalesce(max(stream.last_seq), 0), coalesce(max(stream.floor_seq), 0)
FROM core.event_streams AS stream
WHERE stream.recipient = p_user_type || ':' || p_user_id
$$;

COMMENT ON FUNCTION api.stream_position(text, uuid) IS 'The last seq of a user''s stream, and the seq up to which events are gone by retention; 0 and 0 for a stream never used. Raises nothing.';
GRANT EXECUTE ON FUNCTION api.stream_position(text, uuid) TO halo_app, halo_listener;
