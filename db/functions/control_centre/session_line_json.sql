CREATE OR REPLACE FUNCTION core.session_line_json(
    p_session core.chat_sessions, p_now timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', p_session.id,
    'status', core.settled_status(p_session, p_now),
    'customer_id', p_session.customer_id,
    'mitra_id', p_session.mitra_id,
    'duration_minutes', p_session.duration_minutes,
    'topic_sensitivity', p_session.topic_sensitivity,
    'created_at', core.instant(p_session.created_at),
    'started_at', core.instant(p_session.started_at),
    'ended_at', core.instant(p_session.ended_at),
    'end_reason', p_session.end_reason)
$$;

COMMENT ON FUNCTION core.session_line_json(core.chat_sessions, timestamptz) IS $$
A session in a short list of the control centre, by its settled status.
$$;
