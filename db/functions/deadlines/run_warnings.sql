CREATE OR REPLACE FUNCTION core.run_warnings(
    p_session_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_given core.session_warnings[];
BEGIN
    WITH given AS (
        DELETE FROM core.session_warnings
        WHERE session_id = ANY (p_session_ids) AND due_at <= v_now
        RETURNING *
    )
    SELECT coalesce(array_agg(given::core.session_warnings), '{}') INTO v_given FROM given;
    moved := ARRAY(
        SELECT ROW(given.session_id, given.due_at)::core.moved FROM unnest(v_given) AS given);

    -- Nobody is warned of an end that is over already.
    events := ARRAY(
        SELECT unnest(core.to_both(session, 'session_warning', jsonb_build_object(
            'session_id', session.id,
            'seconds_left', round(core.seconds_left(session, v_now)),
            'threshold_seconds', given.seconds,
            'expires_at', core.instant(session.expires_at), 'server_time', core.instant(v_now))))
        FROM unnest(v_given) AS given
        JOIN core.chat_sessions AS session ON session.id = given.session_id
        WHERE session.status = 'active' AND session.expires_at > v_now
        ORDER BY given.due_at, given.session_id);
END
$$;

COMMENT ON FUNCTION core.run_warnings(uuid[]) IS $$
The work of run_due for the kind warning: tells both parties that the end is near, once for each
threshold and expires_at.
$$;
