CREATE OR REPLACE FUNCTION core.session_figures(p_session core.chat_sessions)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT counted.metric, date_trunc('minute', counted.at), 0, counted.value
FROM (VALUES
    ('requests', p_session.created_at, 1::bigint),
    ('sensitive_requests',
        CASE WHEN p_session.topic_sensitivity = 'sensitive' THEN p_session.created_at END, 1),
    ('sessions', p_session.started_at, 1),
    ('abandoned', CASE WHEN p_session.status = 'cancelled' THEN p_session.ended_at END, 1),
    ('used_seconds',
        CASE WHEN p_session.started_at IS NOT NULL THEN p_session.ended_at END,
        greatest(0, p_session.duration_minutes * 60 - p_session.unused_seconds))
) AS counted (metric, at, value)
WHERE counted.at IS NOT NULL
$$;

COMMENT ON FUNCTION core.session_figures(core.chat_sessions) IS $$
What a session counts for: a request when it was created, of a sensitive topic or not; a session
when its clock first started; an abandoned request when it was cancelled, which only a waiting
session can be; when it ended, the seconds of bought time that were used.
$$;
