CREATE OR REPLACE FUNCTION core.served_seconds(p_session core.chat_sessions)
RETURNS TABLE (mitra_id uuid, seconds integer)
LANGUAGE sql STABLE
AS $$
-- A stint: from a mitra's accept, or the start of the clock, to its reroute, or the end.
WITH stint AS (
    SELECT served.mitra_id, greatest(won.settled_at, p_session.started_at) AS began_at,
        served.ended_at
    FROM (
        SELECT reroute.mitra_id, reroute.round, reroute.at
        FROM core.session_reroutes AS reroute WHERE reroute.session_id = p_session.id
        UNION ALL
        SELECT p_session.mitra_id, p_session.round,
            least(p_session.ran_until, p_session.expires_at, p_session.ended_at)
    ) AS served (mitra_id, round, ended_at)
    JOIN core.pairing_offers AS won
        ON won.session_id = p_session.id AND won.round = served.round
        AND won.mitra_id = served.mitra_id AND won.status = 'accepted'
    WHERE served.ended_at >= p_session.started_at
)
-- What ran of each stint: without the pauses.
SELECT stint.mitra_id,
    coalesce(floor(extract(epoch FROM sum(upper(running) - lower(running)))), 0)::integer
FROM stint
LEFT JOIN LATERAL unnest(
    tstzmultirange(tstzrange(stint.began_at, greatest(stint.began_at, stint.ended_at)))
    - core.pauses_of(p_session.id)) AS running ON true
GROUP BY stint.mitra_id
$$;

COMMENT ON FUNCTION core.served_seconds(core.chat_sessions) IS $$
How many seconds each mitra served a session that does not run now: from its accept, or the start,
to its reroute, or the end of the clock, without pauses. Not of a mitra who was gone before it ran.
$$;
