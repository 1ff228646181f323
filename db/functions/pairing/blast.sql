CREATE OR REPLACE FUNCTION api.blast(p_session_id uuid, p_candidates uuid[] DEFAULT NULL)
RETURNS TABLE (offer_id uuid, mitra_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_session core.chat_sessions;
    v_now timestamptz;
    v_size integer := core.config_int('blast_size');
    -- As many candidates: some may be busy, and some left out.
    v_most integer := greatest(50, 2 * v_size);
    v_candidates uuid[];
    v_barred uuid[];
    v_preferred uuid;
    v_locked_mitras uuid[];
    v_offerable uuid[];
    v_busy_mitras uuid[];
    v_offers core.pairing_offers[];
BEGIN
    -- Find.
    PERFORM core.require('session_id', p_session_id::text);
    IF NOT EXISTS (SELECT FROM core.chat_sessions AS session WHERE session.id = p_session_id) THEN
        PERFORM core.refuse_unknown('session');
    END IF;

    -- Lock the session alone, then read it again. A session that is busy is left to the next look.
    IF core.lock_whole(ARRAY[p_session_id], '{}') = '{}' THEN
        RETURN;
    END IF;
    v_session := core.read_session(p_session_id);

    -- Judge by the database's clock, read after the lock was granted.
    v_now := clock_timestamp();
    IF v_session.status <> 'searching' OR v_session.pairing_deadline <= v_now THEN
        RETURN;
    END IF;

    -- Choose: the first of the candidates, those given in their order. A mitra whose row is busy is
    -- left out; the next wave asks again.
    v_barred := core.barred_mitras(v_session);
    -- Or the mitra alone whom the customer wants again, unless a busy row is in the way.
    v_preferred := core.preferred_mitra(v_session);
    PERFORM FROM core.mitras AS mitra WHERE mitra.id = v_preferred FOR SHARE SKIP LOCKED;
    IF FOUND AND core.busy_streams(ARRAY['mitra:' || v_preferred]) = '{}' THEN
        p_candidates := ARRAY[v_preferred];
    END IF;
    v_candidates := ARRAY(
        SELECT candidate.id
        FROM unnest(coalesce(
            p_candidates[:v_most],
            ARRAY(SELECT core.best_available(v_most, NULL, v_barred)))) WITH ORDINALITY
                AS candidate (id, preference)
        GROUP BY candidate.id
        ORDER BY min(candidate.preference));
    v_locked_mitras := ARRAY(
        SELECT mitra.id FROM core.mitras AS mitra
        WHERE mitra.id = ANY (v_candidates) AND mitra.id <> ALL (v_barred)
            ORDER BY mitra.id FOR SHARE SKIP LOCKED);
    v_offerable := ARRAY(
        SELECT mitra.id
        FROM unnest(v_candidates) WITH ORDINALITY AS candidate (id, preference)
        JOIN unnest(v_locked_mitras) AS locked (id) ON locked.id = candidate.id
        JOIN core.mitras AS mitra ON mitra.id = candidate.id
        JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
        JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
        WHERE mitra.is_active AND status.is_online AND NOT core.is_held(load.reporters)
            AND core.capacity(mitra.id) < core.max_sessions(mitra)
        ORDER BY candidate.preference);
    -- Lock their event streams. lock_wave returns the mitras whose stream is busy.
    v_busy_mitras := core.lock_wave(v_offerable, v_size);
    v_offerable := ARRAY(
        SELECT offerable.id FROM unnest(v_offerable) WITH ORDINALITY AS offerable (id, preference)
        WHERE offerable.id <> ALL (v_busy_mitras) ORDER BY offerable.preference LIMIT v_size);

    -- Of the candidates chosen here, nobody looked at those after the last mitra of the wave. They
    -- were not left out, so record nothing of them.
    IF p_candidates IS NULL AND cardinality(v_offerable) = v_size THEN
        v_candidates := v_candidates[:array_position(v_candidates, v_offerable[v_size])];
    END IF;

    -- Write the wave, and the candidates that it left out.
    WITH offered AS (
        INSERT INTO core.pairing_offers (session_id, mitra_id, round, wave, expires_at)
        SELECT v_session.id, offerable.id, v_session.round,
            1 + coalesce((
                SELECT max(former.wave) FROM core.pairing_offers AS former
                WHERE former.session_id = v_session.id AND former.round = v_session.round), 0),
            least(v_now + core.config_seconds('offer_timeout_seconds'), v_session.pairing_deadline)
        FROM unnest(v_offerable) WITH ORDINALITY AS offerable (id, preference)
        ORDER BY offerable.preference
        RETURNING *
    )
    SELECT array_agg(offered::core.pairing_offers) INTO v_offers FROM offered;
    -- A candidate that is not locked counts as busy; but record_left_out first asks whether the
    -- mitra had an offer in this round.
    PERFORM core.record_left_out(v_session, v_candidates, v_offers, v_busy_mitras || ARRAY(
        SELECT candidate.id FROM unnest(v_candidates) AS candidate (id)
            WHERE candidate.id <> ALL (v_locked_mitras)));
    IF v_offers IS NULL THEN
        RETURN;
    END IF;
    UPDATE core.chat_sessions AS session SET status = 'pending_acceptance'
    WHERE session.id = v_session.id;

    -- Tell.
    PERFORM core.emit(core.offer_events(v_offers));
    RETURN QUERY SELECT offer.id, offer.mitra_id FROM unnest(v_offers) AS offer;
END
$$;

COMMENT ON FUNCTION api.blast(uuid, uuid[]) IS $$
Offers a searching session to a wave of at most blast_size mitras, in the order given, and returns
the offers made. Does nothing unless the session is searching, is before its pairing deadline, and
is locked by nobody. Each candidate is judged again under lock: active, online, not held by reports,
with a free slot, not taken from this session before, not kept apart from the customer by a block,
and without an offer in this round. Of the candidates it looks at the first 2 × blast_size, and at
50 at least. A candidate whose row or stream another transaction holds is left out. Waits for
nobody. p_candidates null = choose from PostgreSQL: the available mitras, least loaded, then longest
idle. An offer lasts offer_timeout_seconds, never beyond the pairing deadline. Which candidates it
left out, and why, is kept for ops.explain_pairing. The first wave goes to the mitra alone whom the
customer wants again (core.preferred_mitra), when there is one.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: events (pairing_offer), deadlines.
$$;
GRANT EXECUTE ON FUNCTION api.blast(uuid, uuid[]) TO halo_listener;
