CREATE OR REPLACE FUNCTION core.count_replies()
RETURNS void
LANGUAGE sql VOLATILE
AS $$
WITH seen AS MATERIALIZED (
    SELECT awaited.session_id, awaited.round, reply.at, reply.seconds
    FROM core.awaited_replies AS awaited
    LEFT JOIN core.chat_sessions AS session ON session.id = awaited.session_id
    LEFT JOIN LATERAL core.first_reply(awaited.session_id, awaited.round) AS reply ON true
    -- A message may be committed a moment after its session has ended.
    WHERE reply.at IS NOT NULL
        OR session.id IS NULL
        OR session.ended_at < (SELECT clock_timestamp() - interval '1 minute')
), done AS (
    DELETE FROM core.awaited_replies AS awaited USING seen
    WHERE awaited.session_id = seen.session_id AND awaited.round = seen.round
    RETURNING seen.at, seen.seconds
)
INSERT INTO core.figure_changes (metric, at, bucket, value)
SELECT 'first_reply', date_trunc('minute', done.at), core.bucket(done.seconds), count(*)
FROM done WHERE done.at IS NOT NULL
GROUP BY 2, 3
$$;

COMMENT ON FUNCTION core.count_replies() IS $$
Counts the first messages of mitras that were awaited, and awaits no more what has come or can't
come any more. Two at once count each reply once.
$$;
