CREATE OR REPLACE FUNCTION core.unanswered_offers(
    p_mitra_id uuid, p_since timestamptz, p_most integer DEFAULT 100)
RETURNS TABLE (unanswered_offers integer, last_answer_at timestamptz)
LANGUAGE sql STABLE
AS $$
WITH recent AS (
    SELECT offer.offered_at, offer.settled_at,
        offer.status IN ('accepted', 'declined') AS is_answered
    FROM core.pairing_offers AS offer
    WHERE offer.mitra_id = p_mitra_id AND offer.status <> 'offered'
    ORDER BY offer.offered_at DESC LIMIT p_most
), answered AS (
    SELECT recent.offered_at, recent.settled_at FROM recent
    WHERE recent.is_answered ORDER BY recent.offered_at DESC LIMIT 1
)
SELECT
    (SELECT count(*)::integer FROM recent
     WHERE recent.offered_at >= p_since
         AND recent.offered_at > coalesce(
             (SELECT answered.offered_at FROM answered), '-infinity')),
    (SELECT answered.settled_at FROM answered)
$$;

COMMENT ON FUNCTION core.unanswered_offers(uuid, timestamptz, integer) IS $$
How many offers in a row, of those made to a mitra since p_since, are over without its accept or
decline: they ran out, or were withdrawn before an answer, as when another mitra was faster. And
when it last answered. Only the newest p_most offers are looked at.
$$;
