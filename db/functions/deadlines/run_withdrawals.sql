CREATE OR REPLACE FUNCTION core.run_withdrawals(p_limit integer, OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_notes core.mitra_withdrawals[];
    v_sessions uuid[];
    v_mitras uuid[];
    v_full uuid[];
    v_offers core.pairing_offers[];
BEGIN
    v_notes := ARRAY(
        SELECT note FROM core.mitra_withdrawals AS note WHERE note.due_at <= v_now
        ORDER BY note.due_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    v_sessions := core.lock_sessions(ARRAY(
        SELECT offer.session_id FROM unnest(v_notes) AS note
        JOIN core.pairing_offers AS offer ON offer.mitra_id = note.mitra_id AND offer.status = 'offered' AND offer.offered_at <= note.due_at), true);
    -- Only mitras of whom something is settled below: run_due goes on to another kind when nothing was moved, and would lock sessions after them.
    v_mitras := ARRAY(
        SELECT DISTINCT note.mitra_id FROM unnest(v_notes) AS note
        JOIN core.pairing_offers AS offer ON offer.mitra_id = note.mitra_id AND offer.status = 'offered' AND offer.offered_at <= note.due_at
        WHERE offer.session_id = ANY (v_sessions));
    PERFORM core.lock_mitras(v_mitras);
    v_full := ARRAY(SELECT mitra.id FROM core.mitras AS mitra WHERE mitra.id = ANY (v_mitras) AND core.capacity(mitra.id) >= core.max_sessions(mitra));
    v_offers := core.settle_offers(ARRAY(
        SELECT offer.id FROM unnest(v_notes) AS note
        JOIN core.pairing_offers AS offer ON offer.mitra_id = note.mitra_id AND offer.status = 'offered' AND offer.offered_at <= note.due_at
        WHERE offer.session_id = ANY (v_sessions) AND (note.cause <> 'full' OR note.mitra_id = ANY (v_full))), 'cancelled');
    PERFORM core.end_waves(ARRAY(SELECT offer.session_id FROM unnest(v_offers) AS offer));
    -- A note stays for as long as a session of its offers is busy. One of a mitra that has a free slot again is void: becoming full anew writes another.
    WITH done AS (
        DELETE FROM core.mitra_withdrawals AS note
        USING unnest(v_notes) AS held
        WHERE note.id = held.id AND (
            (held.cause = 'full' AND held.mitra_id = ANY (v_mitras) AND held.mitra_id <> ALL (v_full))
            OR NOT EXISTS (
                SELECT FROM core.pairing_offers AS offer
                WHERE offer.mitra_id = held.mitra_id AND offer.status = 'offered' AND offer.offered_at <= held.due_at))
        RETURNING note.mitra_id, note.due_at
    )
    SELECT array_agg(ROW(done.mitra_id, done.due_at)::core.moved) INTO moved FROM done
    WHERE NOT EXISTS (SELECT FROM unnest(v_offers) AS offer WHERE offer.mitra_id = done.mitra_id);
    moved := moved || ARRAY(
        SELECT ROW(offer.id, (SELECT min(note.due_at) FROM unnest(v_notes) AS note WHERE note.mitra_id = offer.mitra_id))::core.moved
        FROM unnest(v_offers) AS offer);
    events := core.offer_events(v_offers);
END
$$;

COMMENT ON FUNCTION core.run_withdrawals(integer) IS $$
run_due's work of kind withdrawal: cancels the offers, made until then, of mitras that went offline, were deactivated, or are full. Moved are
the offers, or the mitra that had none left.
$$;
