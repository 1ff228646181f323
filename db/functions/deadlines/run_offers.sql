CREATE OR REPLACE FUNCTION core.run_offers(
    p_session_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_offers core.pairing_offers[];
BEGIN
    -- Judge and write. Each silence waits for its own judgement, which needs the mitra.
    v_offers := core.settle_offers(ARRAY(
        SELECT id FROM core.pairing_offers
        WHERE session_id = ANY (p_session_ids) AND core.status_is(status, 'offered')
            AND expires_at <= v_now), 'expired');
    PERFORM core.end_waves(p_session_ids);
    INSERT INTO core.silences (offer_id, mitra_id, offered_at, expired_at)
    SELECT offer.id, offer.mitra_id, offer.offered_at, offer.expires_at
    FROM unnest(v_offers) AS offer;

    -- Tell.
    moved := ARRAY(
        SELECT ROW(offer.id, offer.expires_at)::core.moved FROM unnest(v_offers) AS offer);
    events := core.offer_events(v_offers);
END
$$;

COMMENT ON FUNCTION core.run_offers(uuid[]) IS $$
The work of run_due for the kind offer: expires silent offers and ends their waves. Whether a mitra
missed them is work of the kind silence.
$$;
