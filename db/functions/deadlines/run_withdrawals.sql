CREATE OR REPLACE FUNCTION core.run_withdrawals(p_limit integer, OUT moved uuid[], OUT due timestamptz[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_notes core.mitra_withdrawals[];
    v_offers core.pairing_offers[];
BEGIN
    v_notes := ARRAY(
        SELECT note FROM core.mitra_withdrawals AS note WHERE note.due_at <= clock_timestamp()
        ORDER BY note.due_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    -- nobody waits for a note, so waiting for the sessions here cannot deadlock
    PERFORM core.lock_sessions(ARRAY(
        SELECT offer.session_id FROM unnest(v_notes) AS note
        JOIN core.pairing_offers AS offer ON offer.mitra_id = note.mitra_id AND offer.status = 'offered'));
    PERFORM core.lock_mitras(ARRAY(SELECT note.mitra_id FROM unnest(v_notes) AS note));
    v_offers := core.settle_offers(ARRAY(
        SELECT offer.id FROM unnest(v_notes) AS note
        JOIN core.pairing_offers AS offer ON offer.mitra_id = note.mitra_id AND offer.status = 'offered' AND offer.offered_at <= note.due_at
        JOIN core.mitras AS mitra ON mitra.id = note.mitra_id
        WHERE note.cause <> 'full' OR core.capacity(mitra.id) >= core.max_sessions(mitra)), 'cancelled');
    PERFORM core.end_waves(ARRAY(SELECT offer.session_id FROM unnest(v_offers) AS offer));
    DELETE FROM core.mitra_withdrawals AS note USING unnest(v_notes) AS done WHERE note.id = done.id;
    SELECT array_agg(note.mitra_id), array_agg(note.due_at) INTO moved, due FROM unnest(v_notes) AS note;
    events := core.offer_events(v_offers);
END
$$;

COMMENT ON FUNCTION core.run_withdrawals(integer) IS
'run_due''s work of kind withdrawal: cancels the offers, made until then, of mitras that went offline, were deactivated, or are full.';
