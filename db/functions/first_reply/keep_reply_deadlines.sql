CREATE OR REPLACE FUNCTION core.keep_reply_deadlines(p_sessions core.chat_sessions[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_within interval := core.config_seconds('first_reply_seconds');
    -- By these a few rows are found in an index, in a table that looks empty when it is planned.
    v_ids uuid[] := ARRAY(SELECT saved.id FROM unnest(p_sessions) AS saved);
    v_started uuid[];
    v_began timestamptz[];
BEGIN
    -- Those whose clock starts with a mitra, who owes a first reply from that moment on.
    SELECT array_agg(saved.id), array_agg(saved.expires_at
        - coalesce(former.remaining, make_interval(mins => saved.duration_minutes)))
    INTO v_started, v_began
    FROM unnest(p_sessions) AS saved
    JOIN core.chat_sessions AS former ON saved.id = former.id AND saved.status = 'active'
        AND core.status_is(former.status, 'pending_acceptance', 'pending_payment');

    -- A session without a mitra, and one that is over, waits for nothing. What a former mitra left
    -- goes before the next one begins.
    DELETE FROM core.reply_deadlines AS deadline USING unnest(p_sessions) AS saved
    WHERE deadline.session_id = ANY (v_ids) AND deadline.session_id = saved.id
        AND (saved.status NOT IN ('active', 'extending', 'closing') OR saved.id = ANY (v_started));
    INSERT INTO core.reply_deadlines (session_id, mitra_id, began_at, within, due_at)
    SELECT saved.id, saved.mitra_id, started.began_at, v_within, started.began_at + v_within / 2
    FROM unnest(v_started, v_began) AS started (id, began_at)
    JOIN unnest(p_sessions) AS saved ON saved.id = started.id
    WHERE v_within > '0';

    -- The clock stops for an extension and for last words, and stays stopped from one to the other;
    -- when it runs again, all that is to come is later by the whole pause. The clocks that have
    -- just begun run.
    IF cardinality(p_sessions) = cardinality(v_started) THEN
        RETURN;
    END IF;
    UPDATE core.reply_deadlines AS deadline
    SET began_at = moved.began_at, stopped_at = moved.stopped_at,
        due_at = core.reply_due_at(moved.deadline)
    FROM (
        SELECT known.session_id, clock.began_at, clock.stopped_at,
            ROW(known.session_id, known.mitra_id, clock.began_at, known.within, clock.stopped_at,
                known.is_reminded, known.is_overdue, NULL)::core.reply_deadlines AS deadline
        FROM unnest(p_sessions) AS saved
        JOIN core.chat_sessions AS former ON former.id = ANY (v_ids) AND former.id = saved.id
        JOIN core.reply_deadlines AS known
            ON known.session_id = ANY (v_ids) AND known.session_id = saved.id
        CROSS JOIN LATERAL (
            SELECT
                -- It runs again by what was left when it was paused and the minutes added before
                -- its new end.
                CASE WHEN saved.status = 'active' AND known.stopped_at IS NOT NULL
                    THEN known.began_at + (saved.expires_at
                        - greatest('0', former.expires_at - former.paused_at)
                        - make_interval(mins => saved.duration_minutes - former.duration_minutes)
                        - known.stopped_at)
                    ELSE known.began_at END AS began_at,
                CASE WHEN saved.status IN ('extending', 'closing')
                    THEN coalesce(known.stopped_at, least(saved.ran_until, saved.paused_at))
                END AS stopped_at
        ) AS clock
        WHERE known.stopped_at IS DISTINCT FROM clock.stopped_at
    ) AS moved
    WHERE deadline.session_id = ANY (v_ids) AND deadline.session_id = moved.session_id;
END
$$;

COMMENT ON FUNCTION core.keep_reply_deadlines(core.chat_sessions[]) IS $$
Keeps the deadlines of first replies of locked sessions that are about to be saved: begun for a
clock that starts with a mitra when first_reply_seconds is not 0, stopped while the clock does not
run, later by the pause when it runs again after an extension, to the microsecond, since what is
given back for them is money; and gone with the mitra.
Notifies: deadlines.
$$;
