CREATE OR REPLACE FUNCTION core.search_progress(p_session core.chat_sessions)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT CASE WHEN core.searches_since(p_session) IS NOT NULL THEN jsonb_build_object(
    'position', (
        SELECT count(*) + 1 FROM (
            SELECT FROM core.chat_sessions AS session
            WHERE core.searches_since(session) >= core.searching_from()
                AND (core.searches_since(session), session.id)
                    < (core.searches_since(p_session), p_session.id)
            ORDER BY core.searches_since(session), session.id LIMIT 999
        ) AS before_it),
    'waves', core.waves_of(p_session),
    'estimated_wait_seconds', core.estimated_wait())
ELSE '{"position": null, "waves": null, "estimated_wait_seconds": null}' END
$$;

COMMENT ON FUNCTION core.search_progress(core.chat_sessions) IS $$
How a search gets on: its place among those that wait, longest first (nobody counts beyond a
thousand), the waves of offers of its round, and how long a search waits. Nulls for a session that
does not search.
$$;
