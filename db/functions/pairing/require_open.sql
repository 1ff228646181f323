CREATE OR REPLACE FUNCTION core.require_open(p_offer core.pairing_offers)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF p_offer.status = 'rescinded' THEN
        PERFORM core.refuse('OFFER_TAKEN',
            'Another mitra accepted first.', 'Wait for the next offer.');
    ELSIF p_offer.status = 'expired'
        OR (p_offer.status = 'offered' AND p_offer.expires_at <= clock_timestamp())
    THEN
        PERFORM core.refuse('OFFER_EXPIRED',
            'The offer ended at ' || core.instant(p_offer.expires_at) || '.',
            'Wait for the next offer.');
    ELSIF p_offer.status <> 'offered' THEN
        PERFORM core.refuse('OFFER_GONE',
            'The offer is ' || p_offer.status || '.', 'Wait for the next offer.');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_open(core.pairing_offers) IS $$
Refuses an answer to an offer that is over: OFFER_TAKEN, OFFER_EXPIRED or OFFER_GONE, all 409. An
offer past its time is OFFER_EXPIRED even when nobody has settled it yet.
$$;
