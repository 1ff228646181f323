CREATE OR REPLACE FUNCTION core.replay_search(
    p_began_at timestamptz, p_over_at timestamptz, p_mitras core.replay_mitra[],
    p_shifts core.replay_span[], p_slots core.replay_span[], p_preferred_id uuid, p_rules jsonb,
    p_delay interval,
    OUT mitra_id uuid, OUT at timestamptz, OUT asked uuid[])
LANGUAGE plpgsql IMMUTABLE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_size integer := (p_rules ->> 'blast_size')::integer;
    v_offer interval := make_interval(secs => (p_rules ->> 'offer_timeout_seconds')::integer);
    v_maximum integer := (p_rules ->> 'mitra_max_sessions')::integer;
    v_now timestamptz := p_began_at;
    v_wave core.replay_span[];
BEGIN
    asked := ARRAY[]::uuid[];
    LOOP
        v_now := v_now + p_delay;
        EXIT WHEN v_now >= p_over_at;

        -- Mitras online with a free slot and not asked before, least loaded, then longest idle; or
        -- first the mitra alone whom the customer wants again.
        v_wave := ARRAY(
            SELECT ROW(found.mitra_id, NULL, v_now, shift.ended_at)::core.replay_span
            FROM unnest(p_mitras) AS found
            JOIN unnest(p_shifts) AS shift ON shift.mitra_id = found.mitra_id
            LEFT JOIN (
                SELECT slot.mitra_id, count(*) FILTER (WHERE slot.ended_at > v_now) AS load,
                    max(slot.ended_at) FILTER (WHERE slot.ended_at <= v_now) AS idle_since
                FROM unnest(p_slots) AS slot
                WHERE slot.began_at <= v_now
                GROUP BY slot.mitra_id
            ) AS taken ON taken.mitra_id = found.mitra_id
            WHERE shift.began_at <= v_now AND shift.ended_at > v_now
                AND found.mitra_id <> ALL (asked)
                AND coalesce(taken.load, 0) < coalesce(found.own_maximum, v_maximum)
            ORDER BY asked = '{}' AND found.mitra_id IS NOT DISTINCT FROM p_preferred_id DESC,
                coalesce(taken.load, 0), greatest(taken.idle_since, shift.began_at), found.mitra_id
            LIMIT v_size);
        IF asked = '{}' AND v_wave[1].mitra_id = p_preferred_id THEN
            v_wave := v_wave[:1];
        END IF;

        -- Nobody: wait for a slot or for a mitra.
        IF v_wave = '{}' THEN
            v_now := coalesce(least(
                (SELECT min(slot.ended_at) FROM unnest(p_slots) AS slot
                 WHERE slot.ended_at > v_now),
                (SELECT min(shift.began_at) FROM unnest(p_shifts) AS shift
                 WHERE shift.began_at > v_now)), p_over_at);
            CONTINUE;
        END IF;

        -- The first who accepts has it; otherwise the wave is over with its last answer. An offer
        -- is withdrawn from a mitra who goes offline, or whose last slot somebody else takes; and
        -- whose slot somebody else takes before the slowest accept is lost, for the record stands.
        asked := asked || ARRAY(SELECT offer.mitra_id FROM unnest(v_wave) AS offer);
        SELECT (array_agg(given.mitra_id ORDER BY given.at) FILTER (WHERE given.is_won))[1],
            coalesce(min(given.at) FILTER (WHERE given.is_won), max(given.at))
        INTO mitra_id, v_now
        FROM (
            SELECT found.mitra_id, answer.is_won,
                CASE WHEN answer.is_won OR found.answer = 'declined'
                    THEN least(v_now + found.after, withdrawn.at) ELSE withdrawn.at END AS at
            FROM unnest(v_wave) AS offer
            JOIN unnest(p_mitras) AS found ON found.mitra_id = offer.mitra_id
            CROSS JOIN LATERAL (
                SELECT min(slot.began_at) AS taken_at,
                    least(offer.ended_at, v_now + v_offer, p_over_at, min(slot.began_at)) AS at
                FROM unnest(p_slots) AS slot
                WHERE slot.mitra_id = offer.mitra_id AND slot.began_at > v_now
                    AND (
                        SELECT count(*) FROM unnest(p_slots) AS other
                        WHERE other.mitra_id = slot.mitra_id
                            AND other.began_at <= slot.began_at AND other.ended_at > slot.began_at
                    ) >= coalesce(found.own_maximum, v_maximum)
            ) AS withdrawn
            CROSS JOIN LATERAL (
                SELECT found.answer = 'accepted' AND v_now + found.after < withdrawn.at
                    AND v_now + found.slowest < coalesce(withdrawn.taken_at, 'infinity')
            ) AS answer (is_won)
        ) AS given;
        EXIT WHEN mitra_id IS NOT NULL;
    END LOOP;
    at := least(v_now, p_over_at);
END
$$;

COMMENT ON FUNCTION core.replay_search(
    timestamptz, timestamptz, core.replay_mitra[], core.replay_span[], core.replay_span[], uuid,
    jsonb, interval) IS $$
One search, from its beginning until p_over_at, wave by wave, in a world that stands: p_mitras are
those that it may ask, with what each would answer; p_shifts when they are online; p_slots whose
slots others take and when; p_delay is how long a wave takes to be made. p_rules has blast_size,
offer_timeout_seconds and mitra_max_sessions. Returns who took it (null: nobody), when it was over,
and to whom it was offered.
$$;
