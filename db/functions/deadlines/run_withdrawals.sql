CREATE OR REPLACE FUNCTION core.run_withdrawals(
    p_session_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_mitras uuid[];
    v_full uuid[];
    v_offers core.pairing_offers[];
BEGIN
    -- Lock the mitras again: a note may have been written since the caller locked its mitras.
    v_mitras := ARRAY(
        SELECT id FROM core.mitras
        WHERE id IN (
            SELECT note.mitra_id FROM core.mitra_withdrawals AS note
            JOIN core.pairing_offers AS offer ON offer.mitra_id = note.mitra_id
                AND offer.status = 'offered'
            WHERE offer.session_id = ANY (p_session_ids))
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);

    -- Judge and write. A mitra that was full keeps its offers when it has a free slot again.
    v_full := ARRAY(
        SELECT mitra.id FROM core.mitras AS mitra
        WHERE mitra.id = ANY (v_mitras) AND core.capacity(mitra.id) >= core.max_sessions(mitra));
    v_offers := core.settle_offers(ARRAY(
        SELECT offer.id FROM core.mitra_withdrawals AS note
        JOIN core.pairing_offers AS offer ON offer.mitra_id = note.mitra_id
            AND offer.status = 'offered' AND offer.offered_at <= note.due_at
        WHERE offer.session_id = ANY (p_session_ids) AND note.mitra_id = ANY (v_mitras)
            AND note.due_at <= v_now
            AND (note.cause <> 'full' OR note.mitra_id = ANY (v_full))), 'cancelled');
    PERFORM core.end_waves(ARRAY(SELECT offer.session_id FROM unnest(v_offers) AS offer));

    -- Drop the notes that are done. A note stays while a session of its offers is busy. The
    -- note of a mitra that has a free slot again is void: becoming full anew writes another.
    moved := ARRAY(
        SELECT ROW(offer.id, (
            SELECT min(note.due_at) FROM core.mitra_withdrawals AS note
            WHERE note.mitra_id = offer.mitra_id))::core.moved
        FROM unnest(v_offers) AS offer);
    WITH done AS (
        DELETE FROM core.mitra_withdrawals AS note
        WHERE note.id IN (
            SELECT held.id FROM core.mitra_withdrawals AS held
            WHERE held.due_at <= v_now AND (
                (held.cause = 'full' AND held.mitra_id = ANY (v_mitras)
                    AND held.mitra_id <> ALL (v_full))
                OR NOT EXISTS (
                    SELECT FROM core.pairing_offers AS offer
                    WHERE offer.mitra_id = held.mitra_id AND offer.status = 'offered'
                        AND offer.offered_at <= held.due_at))
            FOR NO KEY UPDATE OF held SKIP LOCKED)
        RETURNING note.mitra_id, note.due_at
    )
    -- A mitra whose note led to no cancelled offer is named itself.
    SELECT moved || coalesce(array_agg(ROW(done.mitra_id, done.due_at)::core.moved), '{}')
    INTO moved FROM done
    WHERE NOT EXISTS (
        SELECT FROM unnest(v_offers) AS offer WHERE offer.mitra_id = done.mitra_id);

    -- Tell.
    events := core.offer_events(v_offers);
END
$$;

COMMENT ON FUNCTION core.run_withdrawals(uuid[]) IS $$
The work of run_due for the kind withdrawal: cancels the offers, made until the withdrawal was due,
of mitras that went offline, were deactivated, or are full. Moved are the offers, or the mitra when
it had none left.
$$;
