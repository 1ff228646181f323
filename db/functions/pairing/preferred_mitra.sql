CREATE OR REPLACE FUNCTION core.preferred_mitra(p_session core.chat_sessions)
RETURNS uuid
LANGUAGE sql STABLE
AS $$
SELECT payment.preferred_mitra_id
FROM core.payment_requests AS payment
JOIN core.mitras AS mitra ON mitra.id = payment.preferred_mitra_id
JOIN core.mitra_online_status AS known ON known.mitra_id = mitra.id
JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
WHERE p_session.round = 1
    AND payment.session_id = p_session.id AND NOT payment.is_extension
    AND mitra.id <> ALL (core.barred_mitras(p_session))
    AND core.mitra_state(mitra, known, core.capacity(mitra.id), NULL,
        core.is_held(load.reporters), core.fallback_fresh_after()) = 'available'
    AND NOT EXISTS (
        SELECT FROM core.pairing_offers AS offer WHERE offer.session_id = p_session.id)
$$;

COMMENT ON FUNCTION core.preferred_mitra(core.chat_sessions) IS $$
The mitra to whom the next wave of a search goes alone: the one whom the customer wants again, while
that mitra is available, no block keeps the two apart, and nobody was asked yet. Null otherwise.
$$;
