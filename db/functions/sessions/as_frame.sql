CREATE OR REPLACE FUNCTION core.as_frame(p_shown jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
SELECT p_shown - 'id' || jsonb_build_object('session_id', p_shown -> 'id')
$$;

COMMENT ON FUNCTION core.as_frame(jsonb) IS
'A session as its parties see it (core.shown_sessions), as the payload of a frame about it.';
