CREATE OR REPLACE FUNCTION api.search_progresses(
    p_after_began timestamptz DEFAULT NULL, p_after_id uuid DEFAULT NULL,
    p_passed integer DEFAULT 0, p_limit integer DEFAULT 1000)
RETURNS TABLE (session_id uuid, customer_id uuid, began_at timestamptz, frame jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('passed', p_passed::text, 'limit', p_limit::text);
SELECT waiting.id, waiting.customer_id, waiting.began_at, jsonb_build_object(
    'type', 'search_progress', 'session_id', waiting.id,
    'position', p_passed + waiting.place,
    'waves', core.waves_of(waiting.session),
    'estimated_wait_seconds', estimate.seconds)
FROM (
    SELECT session.id, session.customer_id, session, core.searches_since(session) AS began_at,
        row_number() OVER (ORDER BY core.searches_since(session), session.id) AS place
    FROM core.chat_sessions AS session
    WHERE core.searches_since(session) >= greatest(p_after_began, core.searching_from())
        AND (p_after_id IS NULL
            OR (core.searches_since(session), session.id) > (p_after_began, p_after_id))
    ORDER BY core.searches_since(session), session.id
    LIMIT p_limit
) AS waiting
CROSS JOIN (SELECT core.estimated_wait() AS seconds OFFSET 0) AS estimate
ORDER BY waiting.began_at, waiting.id
$$;

COMMENT ON FUNCTION api.search_progresses(timestamptz, uuid, integer, integer) IS $$
The searches that wait as search_progress frames, longest first, p_limit a page; the next page
begins after the last session of this page: p_after_began and p_after_id, of p_passed before it.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.search_progresses(timestamptz, uuid, integer, integer)
TO halo_listener;
