CREATE OR REPLACE FUNCTION ops.explain_earnings(
    p_mitra_id uuid, p_from timestamptz DEFAULT NULL, p_to timestamptz DEFAULT NULL)
RETURNS TABLE (
    at timestamptz, session_id uuid, amount bigint, why text, payout_id uuid, payout text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
-- Each row of the ledger, with what the mitra had of the same session before it.
SELECT earning.at, earning.session_id, earning.amount,
    format('kept %s, of which %s %% is %s; served %s of %s s: %s', earning.kept,
        session.mitra_share_percent, earning.share, served.own, served.seconds,
        earning.amount + before.amount)
    || CASE WHEN before.amount <> 0 THEN format(', and had %s', before.amount) ELSE '' END,
    place.payout_id,
    CASE WHEN payout.id IS NULL THEN 'none yet'
        ELSE concat_ws(' ', payout.status, payout.reference, 'until ' || core.instant(payout.until))
        END
FROM core.mitra_earnings AS earning
CROSS JOIN LATERAL (
    SELECT known.mitra_share_percent FROM core.chat_sessions AS known
    WHERE known.id = earning.session_id OFFSET 0
) AS session
CROSS JOIN LATERAL (
    SELECT known.payout_id FROM core.earning_payouts AS known
    WHERE known.earning_id = earning.id OFFSET 0
) AS place
LEFT JOIN LATERAL (
    SELECT known.id, known.status, known.reference, known.until FROM core.payouts AS known
    WHERE known.id = place.payout_id OFFSET 0
) AS payout ON true
CROSS JOIN LATERAL (
    SELECT coalesce(sum(service.seconds), 0) AS seconds,
        coalesce(sum(service.seconds) FILTER (WHERE service.mitra_id = earning.mitra_id), 0) AS own
    FROM core.session_services AS service WHERE service.session_id = earning.session_id
) AS served
CROSS JOIN LATERAL (
    SELECT coalesce(sum(earlier.amount), 0) AS amount FROM core.mitra_earnings AS earlier
    WHERE earlier.session_id = earning.session_id AND earlier.mitra_id = earning.mitra_id
        AND (earlier.at, earlier.id) < (earning.at, earning.id)
) AS before
WHERE earning.mitra_id = p_mitra_id
    AND earning.at >= coalesce(p_from, '-infinity') AND earning.at < coalesce(p_to, 'infinity')
ORDER BY earning.at, earning.id
$$;

COMMENT ON FUNCTION ops.explain_earnings(uuid, timestamptz, timestamptz) IS $$
Where each rupiah of a mitra came from, from p_from to before p_to (null = without an end): of which
session, what that kept, which part of it was the mitras', how much of the clock this mitra served,
and in which payout the rupiah are. The amounts sum up to what was earned in that time. The rounding
is the last mitra's, and so is everything when nobody served a second. Raises nothing.
$$;
