CREATE OR REPLACE FUNCTION core.replay_searches(p_from timestamptz, p_to timestamptz)
RETURNS TABLE (
    session_id uuid, began_at timestamptz, outcome text, waited double precision, offers bigint,
    gives_up_after interval, held interval)
LANGUAGE sql STABLE
AS $$
SELECT session.id, session.created_at,
    CASE
        WHEN won.at IS NOT NULL THEN 'paired'
        WHEN session.end_reason IN ('no_mitra_available', 'not_accepted') THEN session.end_reason
        ELSE 'cancelled' END,
    extract(epoch FROM won.at - session.created_at)::double precision,
    (SELECT count(*) FROM core.pairing_offers AS offer
     WHERE offer.session_id = session.id AND offer.round = 1),
    CASE WHEN won.at IS NULL
        AND session.end_reason NOT IN ('no_mitra_available', 'not_accepted')
        THEN session.ended_at - session.created_at END,
    CASE WHEN session.ended_at IS NOT NULL
        THEN least(session.expires_at, session.ended_at) - session.started_at END
FROM core.chat_sessions AS session
LEFT JOIN LATERAL (
    SELECT offer.settled_at AS at FROM core.pairing_offers AS offer
    WHERE offer.session_id = session.id AND offer.round = 1 AND offer.status = 'accepted'
) AS won ON true
WHERE session.created_at >= p_from AND session.created_at < p_to
    AND (won.at IS NOT NULL OR session.ended_at IS NOT NULL)
$$;

COMMENT ON FUNCTION core.replay_searches(timestamptz, timestamptz) IS $$
The first searches of the sessions made in a time, as far as they are over: how each came out
(paired, no_mitra_available, not_accepted, or cancelled by somebody), after how many seconds it was
paired, how many offers it made, after how long the customer gave up, and how long the session then
held a slot, once it is over.
$$;
