CREATE OR REPLACE FUNCTION core.offer_figures(p_offer core.pairing_offers)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT counted.metric, date_trunc('minute', counted.at), counted.bucket, 1::bigint
FROM (VALUES
    ('offers', p_offer.offered_at, 0),
    ('offers_' || p_offer.status, p_offer.settled_at, 0),
    ('answer_time',
        CASE WHEN p_offer.status IN ('accepted', 'declined') THEN p_offer.settled_at END,
        core.bucket(extract(epoch FROM p_offer.settled_at - p_offer.offered_at)::float8)),
    ('pairing_wait',
        CASE WHEN p_offer.status = 'accepted' THEN p_offer.settled_at END,
        CASE WHEN p_offer.status = 'accepted' THEN core.bucket(extract(epoch FROM
            p_offer.settled_at - core.search_start(p_offer.session_id, p_offer.round))::float8) END)
) AS counted (metric, at, bucket)
WHERE counted.at IS NOT NULL
$$;

COMMENT ON FUNCTION core.offer_figures(core.pairing_offers) IS $$
What an offer counts for: one sent when it was offered; one of its outcome when it was settled;
when it was answered, the time to answer; when it was accepted, how long the search had lasted.
$$;
