CREATE OR REPLACE FUNCTION core.run_offers(p_limit integer, OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_due CURSOR FOR
        SELECT session_id FROM core.pairing_offers WHERE status = 'offered' AND expires_at <= v_now
            ORDER BY expires_at;
    v_sessions uuid[];
    v_offers core.pairing_offers[];
BEGIN
    -- Find and lock; a mitra is not needed, so that one who is busy holds up no wave.
    OPEN v_due;
    v_sessions := core.lock_due(v_due, p_limit, '{offers}');

    -- Judge and write.
    v_now := clock_timestamp();
    v_offers := core.settle_offers(ARRAY(
        SELECT id FROM core.pairing_offers
        WHERE session_id = ANY (v_sessions) AND status = 'offered'
            AND expires_at <= v_now), 'expired');
    PERFORM core.end_waves(v_sessions);
    INSERT INTO core.silences (offer_id, mitra_id, offered_at, expired_at)
    SELECT offer.id, offer.mitra_id, offer.offered_at, offer.expires_at
        FROM unnest(v_offers) AS offer;

    -- Tell.
    moved := ARRAY(SELECT ROW(offer.id, offer.expires_at)::core.moved FROM unnest(v_offers) AS offer);
    events := core.offer_events(v_offers);
END
$$;

COMMENT ON FUNCTION core.run_offers(integer) IS $$
run_due's work of kind offer: expires silent offers and ends their waves. Whether a mitra missed
them is work of kind silence.
$$;
