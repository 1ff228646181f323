CREATE OR REPLACE FUNCTION core.save_sessions(p_sessions core.chat_sessions[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_ids uuid[] := ARRAY(SELECT saved.id FROM unnest(p_sessions) AS saved);
BEGIN
    -- The first replies come first: they compare the sessions with the rows as they still are.
    PERFORM core.keep_reply_deadlines(p_sessions);

    -- The sessions: every column that a step of theirs may change.
    UPDATE core.chat_sessions AS session
    SET mitra_id = saved.mitra_id, status = saved.status,
        topic_sensitivity = saved.topic_sensitivity, duration_minutes = saved.duration_minutes,
        round = saved.round, excluded_mitra_ids = saved.excluded_mitra_ids,
        pairing_deadline = saved.pairing_deadline, started_at = saved.started_at,
        expires_at = saved.expires_at, paused_at = saved.paused_at, remaining = saved.remaining,
        closing_ends_at = saved.closing_ends_at, closing_cause = saved.closing_cause,
        unused_seconds = saved.unused_seconds, ended_at = saved.ended_at,
        end_reason = saved.end_reason, search_began_at = saved.search_began_at,
        mitra_share_percent = saved.mitra_share_percent, ran_until = saved.ran_until
    FROM unnest(p_sessions) AS saved
    WHERE session.id = saved.id;

    -- The warnings: those of another end of the clock go, those of the new end come. A moment
    -- that has passed gets none, so each warning is given once for each end.
    DELETE FROM core.session_warnings AS warning
    USING unnest(p_sessions) AS saved
    WHERE warning.session_id = ANY (v_ids) AND warning.session_id = saved.id
        AND (saved.status <> 'active'
            OR warning.due_at <> saved.expires_at - make_interval(secs => warning.seconds));
    INSERT INTO core.session_warnings (session_id, seconds, due_at)
    SELECT saved.id, threshold.seconds, saved.expires_at - make_interval(secs => threshold.seconds)
    FROM unnest(p_sessions) AS saved
    CROSS JOIN (
        SELECT DISTINCT value::integer AS seconds
        FROM jsonb_array_elements(core.config_value('session_warning_seconds'))
    ) AS threshold
    WHERE saved.status = 'active'
        AND saved.expires_at - make_interval(secs => threshold.seconds) > clock_timestamp()
    ON CONFLICT DO NOTHING;
END
$$;

COMMENT ON FUNCTION core.save_sessions(core.chat_sessions[]) IS $$
Writes changed sessions in one statement, and keeps the deadlines of first replies
(core.keep_reply_deadlines) and their warnings: each threshold once for each
expires_at of an active session; thresholds already passed are skipped. A transaction that changes
which mitra holds a slot has no other UPDATE of chat_sessions.
Notifies: mitra_mirror, pairing and deadlines, through the triggers.
$$;
