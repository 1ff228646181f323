CREATE OR REPLACE FUNCTION core.run_first_replies(
    p_session_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_due core.reply_deadlines[];
BEGIN
    -- Judge: whose time is over, and who has written meanwhile. Nothing more is to be done about
    -- those, nor about a clock that ran out before.
    v_due := ARRAY(
        SELECT deadline FROM core.reply_deadlines AS deadline
        WHERE deadline.session_id = ANY (p_session_ids) AND deadline.due_at <= v_now
        ORDER BY deadline.session_id);
    moved := ARRAY(SELECT ROW(due.session_id, due.due_at)::core.moved FROM unnest(v_due) AS due);
    DELETE FROM core.reply_deadlines AS deadline
    USING core.chat_sessions AS session
    WHERE deadline.session_id = ANY (ARRAY(SELECT due.session_id FROM unnest(v_due) AS due))
        AND session.id = deadline.session_id AND core.has_written(session);

    -- Write: how far each is now. The end of the time outdoes the reminder at its half.
    WITH told AS (
        UPDATE core.reply_deadlines AS deadline
        SET is_reminded = true, is_overdue = due.is_overdue,
            due_at = CASE WHEN NOT due.is_overdue
                THEN deadline.began_at + deadline.within END
        FROM (
            SELECT former.session_id, former.began_at + former.within <= v_now AS is_overdue
            FROM unnest(v_due) AS former
        ) AS due
        WHERE deadline.session_id = due.session_id
        RETURNING deadline.*
    ), running AS (
        -- Time that was over at the end of the clock, or before a pause, is told in the last words
        -- and in the pause.
        SELECT told AS deadline, session,
            core.settled_status(session, v_now) = 'closing' AS is_closing,
            CASE core.settled_status(session, v_now) WHEN 'closing'
                THEN coalesce(session.closing_ends_at,
                    v_now + core.config_seconds('closure_grace_seconds'))
                ELSE session.expires_at END AS over_at
        FROM told
        JOIN core.chat_sessions AS session ON session.id = told.session_id
        WHERE CASE WHEN told.is_overdue
            THEN core.settled_status(session, v_now) IN ('active', 'extending', 'closing')
                AND told.began_at + told.within <= session.expires_at
            ELSE session.status = 'active' AND session.expires_at > v_now END
    ), noted AS (
        INSERT INTO core.mitra_status_log (mitra_id, action, cause)
        SELECT (running.session).mitra_id, 'no_first_reply', 'first_reply_overdue'
        FROM running WHERE (running.deadline).is_overdue
    ), failed AS (
        INSERT INTO core.pairing_failures (cause_tag, session_id, customer_id, mitra_id, details)
        SELECT 'first_reply_overdue', (running.session).id, (running.session).customer_id,
            (running.session).mitra_id, jsonb_build_object('round', (running.session).round)
        FROM running WHERE (running.deadline).is_overdue
    )
    -- Tell.
    SELECT coalesce(array_agg(CASE
        WHEN (running.deadline).is_overdue THEN core.to_customer(
            (running.session).customer_id, 'first_reply_overdue', jsonb_build_object(
                'session_id', (running.session).id,
                'options', CASE WHEN running.is_closing THEN '["end"]'::jsonb
                    ELSE '["reroute", "end"]' END,
                'expires_at', core.instant(running.over_at)))
        ELSE core.to_mitra(
            (running.session).mitra_id, 'first_reply_reminder', jsonb_build_object(
                'session_id', (running.session).id,
                'expires_at', core.instant(
                    (running.deadline).began_at + (running.deadline).within)))
        END ORDER BY (running.session).id), '{}')
    INTO events FROM running;
END
$$;

COMMENT ON FUNCTION core.run_first_replies(uuid[]) IS $$
The work of run_due for the kind first_reply: a mitra who has not written yet is reminded at half of
first_reply_seconds; at their end the customer is told what can be done, in the last words only to
end it, and the mitra's ledger and core.pairing_failures have it.
$$;
