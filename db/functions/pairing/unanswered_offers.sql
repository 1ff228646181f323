CREATE OR REPLACE FUNCTION core.unanswered_offers(p_mitra_id uuid, p_since timestamptz)
RETURNS TABLE (unanswered_offers integer, last_answer_at timestamptz)
LANGUAGE sql STABLE
AS $$
WITH recent AS (
    SELECT offer.offered_at, offer.settled_at,
        offer.status IN ('accepted', 'declined') AS is_answered,
        offer.settled_at - offer.offered_at >= (offer.expires_at - offer.offered_at) / 2 AS is_late
    FROM core.pairing_offers AS offer
    WHERE offer.mitra_id = p_mitra_id AND offer.status <> 'offered'
    ORDER BY offer.offered_at DESC LIMIT 20
), answered AS (
    SELECT recent.offered_at, recent.settled_at FROM recent
    WHERE recent.is_answered ORDER BY recent.offered_at DESC LIMIT 1
)
SELECT
    (SELECT count(*)::integer FROM recent
     WHERE recent.is_late AND recent.offered_at >= p_since
         AND recent.offered_at > coalesce(
             (SELECT answered.offered_at FROM answered), '-infinity')),
    (SELECT answered.settled_at FROM answered)
$$;

COMMENT ON FUNCTION core.unanswered_offers(uuid, timestamptz) IS $$
How many of a mitra's newest twenty offers, since its last answer and since p_since, were open for
half of their time or longer and are over without an accept or decline: they ran out, or were
withdrawn, as when another mitra accepted. An offer that was withdrawn sooner counts for nothing:
nobody knows what the mitra would have said. And when the mitra last answered one of the twenty.
$$;
