CREATE OR REPLACE FUNCTION core.replay_known(p_from timestamptz, p_to timestamptz)
RETURNS core.pairing_offers[]
LANGUAGE sql STABLE
AS $$
SELECT coalesce(array_agg(near::core.pairing_offers), '{}')
FROM (
    SELECT offer.* FROM core.pairing_offers AS offer
    WHERE offer.offered_at >= p_from - interval '12 hours'
        AND offer.offered_at < p_to + interval '12 hours'
        AND (offer.status IN ('accepted', 'declined')
            OR offer.status = 'expired' AND offer.expires_at - offer.offered_at >= (
                SELECT max(part.expires_at - part.offered_at) - interval '1 second'
                FROM core.pairing_offers AS part
                WHERE part.offered_at >= p_from AND part.offered_at < p_to))
    ORDER BY abs(extract(epoch FROM offer.offered_at - p_from)
        + extract(epoch FROM offer.offered_at - p_to))
    LIMIT 2000
) AS near
$$;

COMMENT ON FUNCTION core.replay_known(timestamptz, timestamptz) IS $$
How mitras answered around a time: the offers that were accepted, declined, or left unanswered for
their whole time; at most 2,000, the nearest. What the mitra would have answered to an offer that
another one took, or that was too short, nobody knows.
$$;
