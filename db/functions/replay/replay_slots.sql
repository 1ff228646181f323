CREATE OR REPLACE FUNCTION core.replay_slots(p_from timestamptz, p_to timestamptz)
RETURNS core.replay_span[]
LANGUAGE sql STABLE
AS $$
SELECT coalesce(array_agg(
    ROW(held.mitra_id, held.session_id, held.began_at, held.ended_at)::core.replay_span), '{}')
FROM (
    SELECT won.mitra_id, won.session_id, won.settled_at AS began_at, coalesce(
        reroute.at, least(session.expires_at, session.ended_at), 'infinity') AS ended_at
    FROM core.pairing_offers AS won
    JOIN core.chat_sessions AS session ON session.id = won.session_id
    LEFT JOIN core.session_reroutes AS reroute
        ON reroute.session_id = won.session_id AND reroute.round = won.round
    WHERE won.status = 'accepted'
        AND won.offered_at >= p_from - interval '1 day' AND won.offered_at < p_to
) AS held
WHERE held.ended_at > p_from - interval '10 minutes'
$$;

COMMENT ON FUNCTION core.replay_slots(timestamptz, timestamptz) IS $$
Which session held a slot of which mitra in a time, or in the ten minutes before it: from the accept
until the reroute or the end of the clock.
$$;
