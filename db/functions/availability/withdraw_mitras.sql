CREATE OR REPLACE FUNCTION core.withdraw_mitras(p_mitra_ids uuid[], p_cause text)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
INSERT INTO core.mitra_withdrawals (mitra_id, cause)
SELECT mitra.id, p_cause
FROM unnest(p_mitra_ids) AS mitra (id)
WHERE EXISTS (
    SELECT FROM core.pairing_offers AS offer
    WHERE offer.mitra_id = mitra.id AND offer.status = 'offered')
$$;

COMMENT ON FUNCTION core.withdraw_mitras(uuid[], text) IS $$
Makes the live offers of locked mitras due for withdrawal at once. run_due does it, because their
sessions are locked before mitras. Notifies: deadlines.
$$;
