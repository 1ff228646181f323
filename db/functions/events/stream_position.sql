CREATE OR REPLACE FUNCTION api.stream_position(
    p_user_type text, p_user_id uuid, p_auth_session_id uuid DEFAULT NULL)
RETURNS TABLE (last_seq bigint, floor_seq bigint, signed_out boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('user_type', p_user_type, 'user_id', p_user_id::text);
SELECT coalesce(max(stream.last_seq), 0), coalesce(max(stream.floor_seq), 0),
    coalesce((
        SELECT bool_and(login.revoked_at IS NOT NULL) FROM core.auth_sessions AS login
        WHERE login.family = p_auth_session_id), false)
FROM core.event_streams AS stream
WHERE stream.recipient = p_user_type || ':' || p_user_id
$$;

COMMENT ON FUNCTION api.stream_position(text, uuid, uuid) IS $$
The last seq of a user's stream, and the seq up to which events are gone by retention; 0 and 0 for
a stream never used. signed_out: the login named by p_auth_session_id has ended, so no socket may
open with its token; false when no login is named.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.stream_position(text, uuid, uuid) TO halo_app;
