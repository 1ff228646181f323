CREATE VIEW ops.push_outcomes AS
SELECT
    push.type, push.status, count(*) AS pushes,
    round(avg(push.attempts), 2) AS mean_attempts,
    max(push.settled_at) AS last_at,
    (array_agg(push.last_error ORDER BY push.settled_at DESC)
        FILTER (WHERE push.last_error IS NOT NULL))[1] AS last_error
FROM core.pushes AS push
WHERE push.settled_at > clock_timestamp() - interval '1 day'
GROUP BY push.type, push.status
ORDER BY push.type, push.status;

COMMENT ON VIEW ops.push_outcomes IS $$
What became of the pushes of the last 24 hours, by type: sent, logged (no credentials), connected,
cancelled, unregistered, given_up.
$$;
