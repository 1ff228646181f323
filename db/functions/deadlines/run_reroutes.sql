CREATE OR REPLACE FUNCTION core.run_reroutes(
    p_session_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_ids uuid[];
BEGIN
    -- Judge: a mitra that works again keeps its sessions.
    v_ids := ARRAY(
        SELECT session.id FROM core.mitra_reroutes AS note
        JOIN core.mitras AS mitra ON mitra.id = note.mitra_id AND NOT mitra.is_active
        JOIN core.chat_sessions AS session ON session.mitra_id = mitra.id
        WHERE note.due_at <= v_now AND session.id = ANY (p_session_ids));

    -- Write and tell.
    events := core.reroute_sessions(v_ids, 'deactivated', NULL, v_now);
    moved := ARRAY(
        SELECT ROW(reroute.session_id, min(note.due_at))::core.moved
        FROM core.mitra_reroutes AS note
        JOIN core.session_reroutes AS reroute
            ON reroute.mitra_id = note.mitra_id AND reroute.session_id = ANY (v_ids)
        GROUP BY reroute.session_id);

    -- Drop the notes that are done. A note stays while a session of its mitra is busy.
    WITH done AS (
        DELETE FROM core.mitra_reroutes AS note
        WHERE note.id IN (
            SELECT held.id FROM core.mitra_reroutes AS held
            WHERE held.due_at <= v_now AND NOT EXISTS (
                SELECT FROM core.mitras AS mitra
                JOIN core.chat_sessions AS session ON session.mitra_id = mitra.id
                    AND core.holds_slot(session.status)
                WHERE mitra.id = held.mitra_id AND NOT mitra.is_active
                    AND core.may_reroute(core.settled(session, v_now), v_now))
            FOR NO KEY UPDATE OF held SKIP LOCKED)
        RETURNING note.mitra_id, note.due_at
    )
    -- A mitra whose note led to no reroute is named itself.
    SELECT moved || coalesce(array_agg(ROW(done.mitra_id, done.due_at)::core.moved), '{}')
    INTO moved FROM done
    WHERE NOT EXISTS (
        SELECT FROM core.session_reroutes AS reroute
        WHERE reroute.mitra_id = done.mitra_id AND reroute.session_id = ANY (v_ids));
END
$$;

COMMENT ON FUNCTION core.run_reroutes(uuid[]) IS $$
The work of run_due for the kind reroute: the sessions of mitras that were deactivated under the
policy reroute look for another mitra. Moved are the sessions, or the mitra when it had none left.
$$;
