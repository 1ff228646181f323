CREATE OR REPLACE FUNCTION core.run_pairings(
    p_session_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_sessions core.chat_sessions[];
BEGIN
    v_sessions := ARRAY(
        SELECT core.enter_final(session, 'failed',
            CASE WHEN EXISTS (
                SELECT FROM core.pairing_offers AS offer
                WHERE offer.session_id = session.id AND offer.round = session.round)
            THEN 'not_accepted' ELSE 'no_mitra_available' END, v_now)
        FROM core.chat_sessions AS session
        WHERE session.id = ANY (p_session_ids) AND core.status_is(session.status, 'searching')
            AND session.pairing_deadline <= v_now
        ORDER BY session.id);
    moved := ARRAY(
        SELECT ROW(session.id, session.pairing_deadline)::core.moved
        FROM unnest(v_sessions) AS session);
    events := core.abandon_searches(v_sessions);
END
$$;

COMMENT ON FUNCTION core.run_pairings(uuid[]) IS $$
The work of run_due for the kind pairing: searches past their deadline fail, as no_mitra_available
when the round made no offer, else as not_accepted. Offers end at that deadline at the latest and
are work of their own kind; so a session whose last wave is still out is not due here yet.
$$;
