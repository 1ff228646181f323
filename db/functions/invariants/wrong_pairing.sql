CREATE OR REPLACE FUNCTION core.wrong_pairing(p_from timestamptz, p_until timestamptz)
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
-- Offers and their sessions: neither says more than the other.
SELECT
    'live offers are of a session pending acceptance, in its round',
    offer.id::text, session.status
FROM core.pairing_offers AS offer
JOIN core.chat_sessions AS session ON session.id = offer.session_id
WHERE offer.status = 'offered'
    AND session.created_at >= p_from AND session.created_at < p_until
    AND (session.status <> 'pending_acceptance' OR offer.round <> session.round)
UNION ALL
SELECT 'a session pending acceptance has a live offer', session.id::text, 'none'
FROM core.chat_sessions AS session
WHERE session.status = 'pending_acceptance'
    AND session.created_at >= p_from AND session.created_at < p_until
    AND NOT EXISTS (
        SELECT FROM core.pairing_offers AS offer
        WHERE offer.session_id = session.id AND offer.status = 'offered')
UNION ALL
SELECT 'a paired session has its accepted offer', session.id::text, session.mitra_id::text
FROM core.chat_sessions AS session
WHERE core.holds_slot(session.status)
    AND session.created_at >= p_from AND session.created_at < p_until
    AND NOT EXISTS (
        SELECT FROM core.pairing_offers AS offer
        WHERE offer.session_id = session.id
            AND offer.round = session.round
            AND offer.status = 'accepted'
            AND offer.mitra_id = session.mitra_id)
UNION ALL
-- Reroutes: a session is where the last of them left it.
SELECT
    'a session is in the round after its last reroute', session.id::text,
    format('round %s, %s reroutes', session.round, count(reroute.round))
FROM core.chat_sessions AS session
LEFT JOIN core.session_reroutes AS reroute ON reroute.session_id = session.id
WHERE session.created_at >= p_from AND session.created_at < p_until
    AND (session.round > 1 OR reroute.round IS NOT NULL)
GROUP BY session.id
HAVING session.round <> 1 + count(reroute.round) OR max(reroute.round) <> count(reroute.round)
UNION ALL
SELECT
    'a mitra a session was taken from is excluded from it',
    reroute.session_id::text, reroute.mitra_id::text
FROM core.session_reroutes AS reroute
JOIN core.chat_sessions AS session ON session.id = reroute.session_id
WHERE session.created_at >= p_from AND session.created_at < p_until
    AND reroute.mitra_id <> ALL (session.excluded_mitra_ids)
UNION ALL
SELECT
    'nobody is offered, or has, a session that was taken from him',
    reroute.session_id::text, reroute.mitra_id::text
FROM core.session_reroutes AS reroute
JOIN core.chat_sessions AS session ON session.id = reroute.session_id
WHERE session.created_at >= p_from AND session.created_at < p_until
    AND (session.mitra_id = reroute.mitra_id OR EXISTS (
        SELECT FROM core.pairing_offers AS offer
        WHERE offer.session_id = reroute.session_id
            AND offer.mitra_id = reroute.mitra_id
            AND offer.round > reroute.round))
$$;

COMMENT ON FUNCTION core.wrong_pairing(timestamptz, timestamptz) IS $$
What must never be, of the offers, the rounds and the reroutes of sessions made from p_from until
before p_until.
$$;
