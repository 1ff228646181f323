CREATE OR REPLACE FUNCTION core.offer_events(p_offers core.pairing_offers[])
RETURNS core.event[]
LANGUAGE sql VOLATILE
AS $$
SELECT ARRAY(
    SELECT core.to_mitra(offer.mitra_id,
        CASE offer.status WHEN 'offered' THEN 'pairing_offer' ELSE 'offer_' || offer.status END,
        core.offer_json(offer) - 'id' || jsonb_build_object('offer_id', offer.id))
    FROM unnest(p_offers) AS offer)
$$;

COMMENT ON FUNCTION core.offer_events(core.pairing_offers[]) IS $$
The event for the mitra of each offer: pairing_offer, offer_rescinded, offer_cancelled or
offer_expired.
$$;
