CREATE OR REPLACE FUNCTION core.replay_answers(
    p_session_id uuid, p_mitra_ids uuid[], p_at timestamptz, p_known core.pairing_offers[],
    p_seed integer)
RETURNS TABLE (mitra_id uuid, answer text, after interval)
LANGUAGE sql STABLE
AS $$
SELECT wave.mitra_id, coalesce(drawn.status, 'expired'), drawn.after
FROM unnest(p_mitra_ids) AS wave (mitra_id)
LEFT JOIN (
    SELECT DISTINCT ON (near.mitra_id) near.mitra_id, near.status,
        near.settled_at - near.offered_at AS after
    FROM (
        SELECT offer.*, row_number() OVER (
            PARTITION BY offer.mitra_id
            ORDER BY abs(extract(epoch FROM offer.offered_at - p_at))) AS place
        FROM unnest(p_known) AS offer
        WHERE offer.session_id <> p_session_id AND offer.mitra_id = ANY (p_mitra_ids)
    ) AS near
    WHERE near.place <= 20
    ORDER BY near.mitra_id,
        hashtextextended(concat_ws('/', near.id, p_session_id), p_seed)
) AS drawn ON drawn.mitra_id = wave.mitra_id
$$;

COMMENT ON FUNCTION core.replay_answers(uuid, uuid[], timestamptz, core.pairing_offers[], integer)
IS $$
What each mitra would answer to an offer at p_at, and after how long: as to one of the twenty offers
of p_known nearest in time (core.replay_known). Never as to an offer of this session, so what became
of it is not read. A mitra without any answer is silent.
$$;
