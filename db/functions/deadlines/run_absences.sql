CREATE OR REPLACE FUNCTION core.run_absences(
    p_session_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    -- A customer who is gone from a search has cancelled it.
    events := core.abandon_searches(ARRAY(
        SELECT core.enter_final(session, 'cancelled', 'cancelled_by_customer', v_now)
        FROM core.session_absences AS absence
        JOIN core.chat_sessions AS session ON session.id = absence.session_id
        WHERE session.id = ANY (p_session_ids) AND absence.party = 'customer'
            AND absence.due_at IS NOT NULL AND core.was_searching(session, absence.began_at)
        ORDER BY session.id));

    -- A mitra is back: the time lost meanwhile is given back, where that is the policy.
    events := events || (core.credit_absences(p_session_ids, v_now)).events;

    -- The notes are done; a session moved when the first of its notes was due.
    WITH done AS (
        UPDATE core.session_absences AS absence SET due_at = NULL
        FROM (
            SELECT id, due_at FROM core.session_absences
            WHERE session_id = ANY (p_session_ids) AND due_at <= v_now) AS former
        WHERE absence.id = former.id
        RETURNING absence.session_id, former.due_at
    )
    SELECT array_agg(ROW(note.session_id, note.due_at)::core.moved) INTO moved
    FROM (
        SELECT done.session_id, min(done.due_at) AS due_at
        FROM done GROUP BY done.session_id) AS note;
END
$$;

COMMENT ON FUNCTION core.run_absences(uuid[]) IS $$
The work of run_due for the kind absence: a customer who is gone from a search has cancelled it, as
by api.cancel_session; time lost to a mitra who is back is given back, where outage_credit_policy
says so. Moved are the sessions.
$$;
