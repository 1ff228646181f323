CREATE OR REPLACE FUNCTION core.run_reroutes(p_limit integer, OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_notes core.mitra_reroutes[];
    v_ids uuid[];
BEGIN
    v_notes := ARRAY(
        SELECT note FROM core.mitra_reroutes AS note WHERE note.due_at <= v_now
        ORDER BY note.due_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    v_ids := core.lock_sessions(ARRAY(
        SELECT session.id FROM unnest(v_notes) AS note
        JOIN core.chat_sessions AS session ON session.mitra_id = note.mitra_id AND core.holds_slot(session.status)
        WHERE core.may_reroute(core.settled(session, v_now), v_now)
        ORDER BY note.due_at LIMIT p_limit), true);
    -- Only mitras of whom something is settled below: run_due goes on to another kind when nothing was moved, and would lock sessions after them.
    PERFORM core.lock_mitras(ARRAY(SELECT session.mitra_id FROM core.chat_sessions AS session WHERE session.id = ANY (v_ids) AND session.mitra_id IS NOT NULL));
    v_now := clock_timestamp();
    v_ids := ARRAY(     -- again, now that they are locked: a mitra that works again keeps its sessions
        SELECT session.id FROM unnest(v_notes) AS note
        JOIN core.mitras AS mitra ON mitra.id = note.mitra_id AND NOT mitra.is_active
        JOIN core.chat_sessions AS session ON session.mitra_id = mitra.id
        WHERE session.id = ANY (v_ids));
    events := core.reroute_sessions(v_ids, 'deactivated', NULL, v_now);
    moved := ARRAY(
        SELECT ROW(reroute.session_id, min(note.due_at))::core.moved FROM unnest(v_notes) AS note
        JOIN core.session_reroutes AS reroute ON reroute.mitra_id = note.mitra_id AND reroute.session_id = ANY (v_ids)
        GROUP BY reroute.session_id);
    -- A note stays for as long as a session of its mitra is busy.
    WITH done AS (
        DELETE FROM core.mitra_reroutes AS note
        USING unnest(v_notes) AS held
        WHERE note.id = held.id AND NOT EXISTS (
            SELECT FROM core.mitras AS mitra
            JOIN core.chat_sessions AS session ON session.mitra_id = mitra.id AND core.holds_slot(session.status)
            WHERE mitra.id = held.mitra_id AND NOT mitra.is_active AND core.may_reroute(core.settled(session, v_now), v_now))
        RETURNING note.mitra_id, note.due_at
    )
    SELECT moved || coalesce(array_agg(ROW(done.mitra_id, done.due_at)::core.moved), '{}') INTO moved FROM done
    WHERE NOT EXISTS (SELECT FROM core.session_reroutes AS reroute WHERE reroute.mitra_id = done.mitra_id AND reroute.session_id = ANY (v_ids));
END
$$;

COMMENT ON FUNCTION core.run_reroutes(integer) IS $$
run_due's work of kind reroute: the sessions of mitras deactivated under the policy reroute look for another mitra. Moved are the sessions,
or the mitra that had none left.
$$;
