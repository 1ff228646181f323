CREATE OR REPLACE FUNCTION core.run_silences(
    p_mitra_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    -- Judge every silence that nobody judged yet.
    WITH judged AS (
        UPDATE core.silences AS silence SET due_at = NULL, is_missed = core.is_missed(silence)
        FROM (
            SELECT offer_id, due_at FROM core.silences
            WHERE mitra_id = ANY (p_mitra_ids) AND due_at IS NOT NULL) AS former
        WHERE silence.offer_id = former.offer_id
        RETURNING silence.mitra_id, former.due_at
    )
    SELECT array_agg(ROW(note.mitra_id, note.due_at)::core.moved) INTO moved
    FROM (
        SELECT judged.mitra_id, min(judged.due_at) AS due_at
        FROM judged GROUP BY judged.mitra_id) AS note;

    -- Count the missed offers in a row: a sign of life begins another row.
    UPDATE core.mitra_online_status AS status SET missed_offers = (
        SELECT count(*) FROM core.silences AS silence
        WHERE silence.mitra_id = status.mitra_id AND silence.is_missed
            AND silence.offered_at > core.last_sign_of(status.mitra_id, silence.offered_at))
    WHERE status.mitra_id = ANY (p_mitra_ids) AND status.is_online;

    -- A mitra that missed too many goes offline, so that no customer waits for it in vain.
    events := core.set_offline(ARRAY(
        SELECT mitra_id FROM core.mitra_online_status
        WHERE mitra_id = ANY (p_mitra_ids) AND is_online
            AND missed_offers >= core.config_int('missed_offers_before_offline')
        ORDER BY mitra_id), 'missed_offers');
END
$$;

COMMENT ON FUNCTION core.run_silences(uuid[]) IS $$
The work of run_due for the kind silence: judges offers that expired unanswered, and sets a mitra
offline that missed too many in a row. Moved are the mitras.
$$;
