CREATE OR REPLACE FUNCTION core.lock_offer(p_offer_id uuid, p_mitra_id uuid)
RETURNS core.pairing_offers
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_offer core.pairing_offers;
BEGIN
    PERFORM core.require('offer_id', p_offer_id::text, 'mitra_id', p_mitra_id::text);
    SELECT * INTO v_offer FROM core.pairing_offers WHERE id = p_offer_id AND mitra_id = p_mitra_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('offer');
    ELSIF v_offer.status IN ('rescinded', 'expired', 'cancelled') THEN
        -- It never opens again: who comes too late waits for no lock, and holds up nobody.
        PERFORM core.require_open(v_offer);
    END IF;
    PERFORM core.lock_for_command(ARRAY[v_offer.session_id]);
    PERFORM core.lock_mitra(p_mitra_id);
    SELECT * INTO v_offer FROM core.pairing_offers WHERE id = p_offer_id;
    RETURN v_offer;
END
$$;

COMMENT ON FUNCTION core.lock_offer(uuid, uuid) IS $$
A mitra's own offer, with everything locked that its answer needs: session, live offers, payment,
mitra. Read the clock after it. An offer that was taken, ran out or was cancelled is refused without
a lock.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (also for the offer of another mitra), OFFER_TAKEN 409,
OFFER_EXPIRED 409, OFFER_GONE 409.
$$;
