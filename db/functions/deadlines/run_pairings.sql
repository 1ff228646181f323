CREATE OR REPLACE FUNCTION core.run_pairings(p_limit integer, OUT moved uuid[], OUT due timestamptz[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_ids uuid[];
    v_now timestamptz;
    v_sessions core.chat_sessions[];
BEGIN
    v_ids := core.lock_sessions(ARRAY(
        SELECT id FROM core.chat_sessions
        WHERE status IN ('searching', 'pending_acceptance') AND pairing_deadline <= clock_timestamp()
        ORDER BY pairing_deadline LIMIT p_limit), true);
    v_now := clock_timestamp();
    v_sessions := ARRAY(
        SELECT core.enter_final(session, 'failed', CASE WHEN EXISTS (
                SELECT FROM core.pairing_offers AS offer WHERE offer.session_id = session.id AND offer.round = session.round)
            THEN 'not_accepted' ELSE 'no_mitra_available' END, v_now)
        FROM core.chat_sessions AS session
        WHERE session.id = ANY (v_ids) AND session.status IN ('searching', 'pending_acceptance') AND session.pairing_deadline <= v_now);
    SELECT array_agg(session.id), array_agg(session.pairing_deadline) INTO moved, due FROM unnest(v_sessions) AS session;
    events := core.abandon_searches(v_sessions);
END
$$;

COMMENT ON FUNCTION core.run_pairings(integer) IS
'run_due''s work of kind pairing: searches past their deadline fail, as no_mitra_available when the round made no offer, else not_accepted.';
