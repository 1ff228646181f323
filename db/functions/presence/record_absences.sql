CREATE OR REPLACE FUNCTION core.record_absences(
    p_changed core.session_presences[], p_now timestamptz)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_is_credited boolean := core.config_text('outage_credit_policy') = 'credit';
    v_has_ended boolean;
BEGIN
    -- Absences that end. When somebody looked until now, the absence is seen to its end. An end
    -- that may give time back is work for run_due; otherwise the absence is done.
    UPDATE core.session_absences AS absence
    SET ended_at = p_now,
        seen_until = CASE
            WHEN changed.state = 'connected'
                AND absence.seen_until >= p_now - interval '10 seconds' THEN p_now
            ELSE absence.seen_until END,
        due_at = CASE WHEN absence.party = 'mitra' AND v_is_credited THEN p_now END,
        credited_seconds = CASE
            WHEN v_is_credited THEN absence.credited_seconds
            ELSE coalesce(absence.credited_seconds, 0) END
    FROM unnest(p_changed) AS changed
    WHERE absence.ended_at IS NULL
        AND absence.session_id = changed.session_id AND absence.party = changed.party
        AND absence.user_id = changed.user_id;
    v_has_ended := FOUND;

    -- Absences that begin. A customer gone from a search is work for run_due. A mitra's is not
    -- longer than since its last sign of life: what was lost before that is another absence.
    INSERT INTO core.session_absences (
        session_id, party, user_id, began_at, seen_until, due_at)
    SELECT gone.session_id, gone.party, gone.user_id,
        CASE gone.party WHEN 'mitra' THEN
            greatest(gone.since, core.last_life(gone::core.session_presences, session))
            ELSE gone.since END,
        p_now,
        CASE WHEN gone.party = 'customer' AND core.was_searching(session, gone.since)
            THEN p_now END
    FROM unnest(p_changed) AS gone
    JOIN core.chat_sessions AS session ON session.id = gone.session_id
    WHERE gone.state = 'gone';

    -- Ring when an absence has begun or ended: only that may make work.
    IF v_has_ended OR FOUND THEN
        PERFORM core.notify_if_near(min(due_at))
        FROM core.session_absences WHERE due_at IS NOT NULL;
    END IF;
END
$$;

COMMENT ON FUNCTION core.record_absences(core.session_presences[], timestamptz) IS $$
Writes down absences that begin or end with changed presences, and for which of them run_due has
work: a customer gone from a search, a mitra that is back where outage_credit_policy gives time
back.
Notifies: deadlines.
$$;
