CREATE OR REPLACE FUNCTION core.record_left_out(
    p_session core.chat_sessions, p_candidates uuid[], p_offers core.pairing_offers[],
    p_busy uuid[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_offered uuid[] := ARRAY(SELECT offer.mitra_id FROM unnest(p_offers) AS offer);
    v_wave integer := p_offers[1].wave;
    v_last integer;
    v_blocked uuid[] := core.blocked_mitras(p_session.customer_id);
BEGIN
    -- A wave without offers gets the number of the wave that would have come. In a full wave,
    -- nobody looked at the candidates behind the last mitra who got an offer.
    IF v_wave IS NULL THEN
        SELECT 1 + coalesce(max(wave), 0) INTO v_wave FROM core.pairing_offers
        WHERE session_id = p_session.id AND round = p_session.round;
    ELSIF cardinality(v_offered) >= core.config_int('blast_size') THEN
        SELECT max(array_position(p_candidates, mitra_id)) INTO v_last
        FROM unnest(v_offered) AS offered (mitra_id);
    END IF;

    -- Judge by the first reason that holds, in the order in which blast judges. Write.
    INSERT INTO core.pairing_waves AS former (session_id, round, wave, at, left_out, reasons)
    SELECT p_session.id, p_session.round, v_wave, clock_timestamp(),
        array_agg(loser.id), array_agg(loser.reason)
    FROM (
        SELECT candidate.id, CASE
            WHEN candidate.id = ANY (p_session.excluded_mitra_ids) THEN 'excluded'
            WHEN candidate.id = ANY (v_blocked) THEN 'blocked'
            WHEN candidate.place > v_last THEN 'wave_full'
            ELSE (
                SELECT CASE
                    WHEN offer.id IS NOT NULL THEN 'offered_before'
                    WHEN candidate.id = ANY (p_busy) THEN 'busy'
                    WHEN NOT mitra.is_active THEN 'deactivated'
                    WHEN NOT status.is_online THEN 'offline'
                    WHEN core.is_held(load.reporters) THEN 'held'
                    ELSE 'full' END
                FROM core.mitras AS mitra
                JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
                JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
                LEFT JOIN core.pairing_offers AS offer
                    ON offer.session_id = p_session.id AND offer.round = p_session.round
                    AND offer.mitra_id = mitra.id
                WHERE mitra.id = candidate.id)
            END AS reason
        FROM unnest(p_candidates) WITH ORDINALITY AS candidate (id, place)
        WHERE candidate.id <> ALL (v_offered)
        ORDER BY candidate.place LIMIT 100
    ) AS loser
    WHERE loser.reason IS NOT NULL
    HAVING count(*) > 0
    ON CONFLICT (session_id, round, wave) DO UPDATE
    SET at = excluded.at, left_out = excluded.left_out, reasons = excluded.reasons
    -- Asked again each second, it mostly says the same, and writes nothing.
    WHERE former.left_out <> excluded.left_out OR former.reasons <> excluded.reasons;
END
$$;

COMMENT ON FUNCTION core.record_left_out(core.chat_sessions, uuid[], core.pairing_offers[], uuid[])
IS $$
Writes down which candidates the wave just made left out (at most a hundred), and why, in one row
for each wave. The caller has locked the candidates, except those in p_busy.
$$;
