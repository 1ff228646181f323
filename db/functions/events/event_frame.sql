CREATE OR REPLACE FUNCTION core.event_frame(p_event core.events)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT p_event.payload || jsonb_build_object(
    'type', p_event.type, 'id', p_event.id, 'seq', p_event.seq,
    'ts', core.instant(p_event.created_at))
$$;

COMMENT ON FUNCTION core.event_frame(core.events) IS
'A stored event as the frame that sockets carry.';
