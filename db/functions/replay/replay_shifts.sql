CREATE OR REPLACE FUNCTION core.replay_shifts(
    p_from timestamptz, p_to timestamptz, p_missed integer DEFAULT NULL,
    p_known integer DEFAULT NULL)
RETURNS core.replay_span[]
LANGUAGE sql STABLE
AS $$
WITH shift AS (
    SELECT mitra.id AS mitra_id, online.at AS began_at,
        coalesce(ended.at, 'infinity') AS ended_at, ended.cause = 'missed_offers' AS was_silent
    FROM core.mitras AS mitra
    CROSS JOIN LATERAL (
        (SELECT entry.at FROM core.mitra_status_log AS entry
         WHERE entry.mitra_id = mitra.id AND entry.at <= p_from AND entry.action = 'online'
         ORDER BY entry.at DESC LIMIT 1)
        UNION ALL
        SELECT entry.at FROM core.mitra_status_log AS entry
        WHERE entry.mitra_id = mitra.id AND entry.at > p_from AND entry.at < p_to
            AND entry.action = 'online'
    ) AS online
    LEFT JOIN LATERAL (
        SELECT entry.at, entry.cause FROM core.mitra_status_log AS entry
        WHERE entry.mitra_id = mitra.id AND entry.at > online.at
            AND entry.action IN ('online', 'offline', 'deactivate')
        ORDER BY entry.at LIMIT 1
    ) AS ended ON true
),
-- Which offers of a shift ran out in silence, and how many in a row. A session that ran is a sign
-- of life.
silence AS (
    SELECT answer.*, row_number() OVER (
        PARTITION BY answer.mitra_id, answer.began_at, answer.answers ORDER BY answer.settled_at
    ) - CASE WHEN answer.answers > 0 THEN 1 ELSE 0 END AS missed
    FROM (
        SELECT shift.mitra_id, shift.began_at, offer.status, offer.offered_at, offer.settled_at,
            count(*) FILTER (WHERE offer.status <> 'expired') OVER (
                PARTITION BY shift.mitra_id, shift.began_at ORDER BY offer.settled_at) AS answers
        FROM shift
        JOIN core.pairing_offers AS offer ON offer.mitra_id = shift.mitra_id
            AND offer.offered_at >= shift.began_at
            AND offer.offered_at < least(shift.ended_at, p_to)
            AND offer.status IN ('accepted', 'declined', 'expired')
        WHERE p_missed <> p_known AND (offer.status <> 'expired' OR NOT EXISTS (
            SELECT FROM core.pairing_offers AS won
            JOIN core.chat_sessions AS session ON session.id = won.session_id
            WHERE won.mitra_id = offer.mitra_id AND won.status = 'accepted'
                AND won.offered_at > offer.offered_at - interval '1 day'
                AND won.settled_at < offer.settled_at
                AND least(session.expires_at, session.ended_at) > offer.offered_at))
    ) AS answer
)
-- Fewer cut the shift short where so many were missed. With more it would have gone on, for as long
-- as it takes to miss the others at the pace of those that were.
SELECT coalesce(array_agg(
    ROW(shift.mitra_id, NULL, shift.began_at, changed.ended_at)::core.replay_span), '{}')
FROM shift
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN p_missed < p_known THEN least(shift.ended_at, (
            SELECT min(silence.settled_at) FROM silence
            WHERE silence.mitra_id = shift.mitra_id AND silence.began_at = shift.began_at
                AND silence.status = 'expired' AND silence.missed = p_missed))
        WHEN p_missed > p_known AND shift.was_silent THEN least(
            shift.ended_at + (p_missed - p_known) * coalesce((
                SELECT (shift.ended_at - min(last.offered_at)) / p_known
                FROM (
                    SELECT silence.offered_at FROM silence
                    WHERE silence.mitra_id = shift.mitra_id
                        AND silence.began_at = shift.began_at AND silence.status = 'expired'
                    ORDER BY silence.settled_at DESC LIMIT p_known
                ) AS last), '0'),
            (SELECT min(later.began_at) FROM shift AS later
             WHERE later.mitra_id = shift.mitra_id AND later.began_at > shift.began_at))
        ELSE shift.ended_at END AS ended_at
) AS changed
WHERE changed.ended_at > p_from
$$;

COMMENT ON FUNCTION core.replay_shifts(timestamptz, timestamptz, integer, integer) IS $$
When mitras were online in a time, by the ledger of their status. p_missed is another value of
missed_offers_before_offline, and p_known the value of that time: so it is estimated when mitras
would have been set offline.
$$;
