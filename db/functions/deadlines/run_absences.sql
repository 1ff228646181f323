CREATE OR REPLACE FUNCTION core.run_absences(p_limit integer, OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_absences core.session_absences[];
    v_ids uuid[];
BEGIN
    v_absences := ARRAY(
        SELECT absence FROM core.session_absences AS absence WHERE absence.due_at <= v_now ORDER BY absence.due_at LIMIT p_limit);
    v_ids := core.lock_sessions(ARRAY(SELECT absence.session_id FROM unnest(v_absences) AS absence), true);
    v_now := clock_timestamp();
    events := core.abandon_searches(ARRAY(
        SELECT core.enter_final(session, 'cancelled', 'cancelled_by_customer', v_now)
        FROM core.session_absences AS absence
        JOIN core.chat_sessions AS session ON session.id = absence.session_id
        WHERE session.id = ANY (v_ids) AND absence.party = 'customer' AND absence.due_at IS NOT NULL AND core.was_searching(session, absence.began_at)
        ORDER BY session.id));
    events := events || (core.credit_absences(v_ids, v_now)).events;
    UPDATE core.session_absences SET due_at = NULL WHERE session_id = ANY (v_ids) AND due_at IS NOT NULL;
    moved := ARRAY(
        SELECT ROW(absence.session_id, min(absence.due_at))::core.moved FROM unnest(v_absences) AS absence
        WHERE absence.session_id = ANY (v_ids) GROUP BY absence.session_id);
END
$$;

COMMENT ON FUNCTION core.run_absences(integer) IS $$
run_due's work of kind absence: a customer gone from a search has cancelled it, as by api.cancel_session; time lost to a mitra that is back is
given back, where outage_credit_policy says so. Moved are the sessions.
$$;
