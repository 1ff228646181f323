CREATE OR REPLACE FUNCTION core.sensitive_share(p_since timestamptz)
RETURNS TABLE (requests bigint, sensitive_requests bigint)
LANGUAGE sql STABLE
AS $$
-- Whole hours from the figures; the rest of the hour that p_since is in from its rows.
WITH edge AS (
    SELECT date_trunc('hour', p_since, core.business_time_zone()) + interval '1 hour' AS at
), counted AS (
    SELECT known.metric, known.value
    FROM edge JOIN core.figures AS known
        ON known.metric IN ('requests', 'sensitive_requests')
        AND known.step = 'hour' AND known.at >= edge.at
    UNION ALL
    SELECT change.metric, change.value
    FROM edge JOIN core.figure_changes AS change
        ON change.metric IN ('requests', 'sensitive_requests') AND change.at >= edge.at
    UNION ALL
    SELECT 'requests', count(*)
    FROM edge JOIN core.chat_sessions AS session
        ON session.created_at > p_since AND session.created_at < edge.at
    UNION ALL
    SELECT 'sensitive_requests', count(*)
    FROM edge JOIN core.chat_sessions AS session
        ON session.created_at > p_since AND session.created_at < edge.at
        AND session.topic_sensitivity = 'sensitive'
)
SELECT
    coalesce(sum(counted.value) FILTER (WHERE counted.metric = 'requests'), 0)::bigint,
    coalesce(sum(counted.value) FILTER (WHERE counted.metric = 'sensitive_requests'), 0)::bigint
FROM counted
$$;

COMMENT ON FUNCTION core.sensitive_share(timestamptz) IS $$
How many sessions were created after p_since, and how many of them have a sensitive topic, exact to
the row. p_since: at most 90 days ago.
$$;
