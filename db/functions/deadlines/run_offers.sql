CREATE OR REPLACE FUNCTION core.run_offers(p_limit integer, OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_sessions uuid[];
    v_offers core.pairing_offers[];
    v_mitras uuid[];
BEGIN
    v_sessions := core.lock_sessions(ARRAY(
        SELECT session_id FROM core.pairing_offers WHERE status = 'offered' AND expires_at <= v_now ORDER BY expires_at LIMIT p_limit), true);
    v_now := clock_timestamp();
    v_offers := ARRAY(
        SELECT offer FROM core.pairing_offers AS offer
        WHERE session_id = ANY (v_sessions) AND status = 'offered' AND expires_at <= v_now);
    v_mitras := ARRAY(SELECT DISTINCT offer.mitra_id FROM unnest(v_offers) AS offer ORDER BY offer.mitra_id);
    PERFORM core.lock_mitras(v_mitras);
    v_offers := core.settle_offers(ARRAY(SELECT offer.id FROM unnest(v_offers) AS offer), 'expired');
    PERFORM core.end_waves(v_sessions);
    UPDATE core.mitra_online_status AS status SET missed_offers = status.missed_offers + missed.count
    FROM (SELECT offer.mitra_id, count(*)::integer AS count FROM unnest(v_offers) AS offer GROUP BY offer.mitra_id) AS missed
    JOIN core.mitras AS mitra ON mitra.id = missed.mitra_id
    WHERE status.mitra_id = missed.mitra_id AND status.is_online AND core.capacity(mitra.id) < core.max_sessions(mitra);
    moved := ARRAY(SELECT ROW(offer.id, offer.expires_at)::core.moved FROM unnest(v_offers) AS offer);
    events := core.offer_events(v_offers) || core.set_offline(ARRAY(
        SELECT mitra_id FROM core.mitra_online_status
        WHERE mitra_id = ANY (v_mitras) AND is_online AND missed_offers >= core.config_int('missed_offers_before_offline')
        ORDER BY mitra_id), 'missed_offers');
END
$$;

COMMENT ON FUNCTION core.run_offers(integer) IS
'run_due''s work of kind offer: expires silent offers, ends their waves, and sets a mitra offline that let too many pass in a row.';
