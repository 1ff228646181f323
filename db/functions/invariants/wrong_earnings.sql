CREATE OR REPLACE FUNCTION core.wrong_earnings(p_from timestamptz, p_until timestamptz)
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
-- Of each session that is over its mitras have their share, and each rupiah has one place.
SELECT
    'a mitra earned its share of a session that is over',
    coalesce(due.session_id, written.session_id)::text,
    format('mitra %s: %s of %s, written %s', coalesce(due.mitra_id, written.mitra_id),
        due.amount, due.share, written.amount)
FROM (
    SELECT share.* FROM core.mitra_shares(ARRAY(
        SELECT session.id FROM core.chat_sessions AS session
        WHERE session.created_at >= p_from AND session.created_at < p_until
            AND session.mitra_share_percent IS NOT NULL AND NOT core.is_open(session.status)
    )) AS share
) AS due
FULL JOIN (
    SELECT earning.session_id, earning.mitra_id, sum(earning.amount) AS amount
    FROM core.chat_sessions AS session
    JOIN core.mitra_earnings AS earning ON earning.session_id = session.id
    WHERE session.created_at >= p_from AND session.created_at < p_until
    GROUP BY earning.session_id, earning.mitra_id
) AS written ON written.session_id = due.session_id AND written.mitra_id = due.mitra_id
WHERE coalesce(due.amount, 0) <> coalesce(written.amount, 0)
UNION ALL
SELECT 'each earning is in one payout, or in none', earning.id::text, earning.mitra_id::text
FROM core.chat_sessions AS session
JOIN core.mitra_earnings AS earning ON earning.session_id = session.id
LEFT JOIN core.earning_payouts AS place ON place.earning_id = earning.id
LEFT JOIN core.payouts AS payout ON payout.id = place.payout_id
WHERE session.created_at >= p_from AND session.created_at < p_until
    AND (place.mitra_id IS DISTINCT FROM earning.mitra_id
        OR payout.mitra_id <> earning.mitra_id OR payout.until <= earning.at)
$$;

COMMENT ON FUNCTION core.wrong_earnings(timestamptz, timestamptz) IS $$
What must never be, of what mitras earned by sessions made from p_from until before p_until.
$$;
