CREATE OR REPLACE FUNCTION core.keep_reply_deadlines(
    p_sessions core.chat_sessions[], p_started uuid[], p_began timestamptz[],
    p_resumed uuid[], p_resumed_at timestamptz[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_within interval := core.config_seconds('first_reply_seconds');
    v_now timestamptz := clock_timestamp();
    -- By these a few rows are found in an index, in a table that looks empty when it is planned.
    v_ids uuid[] := ARRAY(SELECT saved.id FROM unnest(p_sessions) AS saved);
BEGIN
    -- A session without a mitra, and one that is over, waits for nothing. What a former mitra left
    -- goes before the next one begins.
    DELETE FROM core.reply_deadlines AS deadline USING unnest(p_sessions) AS saved
    WHERE deadline.session_id = ANY (v_ids) AND deadline.session_id = saved.id
        AND (saved.status NOT IN ('active', 'extending', 'closing') OR saved.id = ANY (p_started));
    INSERT INTO core.reply_deadlines (session_id, mitra_id, began_at, within, due_at)
    SELECT saved.id, saved.mitra_id, started.began_at, v_within, started.began_at + v_within / 2
    FROM unnest(p_started, p_began) AS started (id, began_at)
    JOIN unnest(p_sessions) AS saved ON saved.id = started.id
    WHERE v_within > '0';

    -- The clock stops for an extension and for last words, and stays stopped from one to the other;
    -- when it runs again, all that is to come is later by the whole pause. The clocks that have
    -- just begun run.
    IF cardinality(p_sessions) = cardinality(p_started) THEN
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
        JOIN core.reply_deadlines AS known
            ON known.session_id = ANY (v_ids) AND known.session_id = saved.id
        CROSS JOIN LATERAL (
            SELECT
                CASE WHEN saved.status = 'active'
                    THEN known.began_at + (coalesce(
                        p_resumed_at[array_position(p_resumed, saved.id)], v_now)
                        - known.stopped_at)
                    ELSE known.began_at END AS began_at,
                CASE saved.status
                    WHEN 'extending' THEN coalesce(known.stopped_at, saved.paused_at)
                    WHEN 'closing' THEN coalesce(known.stopped_at, saved.expires_at)
                END AS stopped_at
        ) AS clock
        WHERE known.stopped_at IS DISTINCT FROM clock.stopped_at
    ) AS moved
    WHERE deadline.session_id = ANY (v_ids) AND deadline.session_id = moved.session_id;
END
$$;

COMMENT ON FUNCTION core.keep_reply_deadlines(
    core.chat_sessions[], uuid[], timestamptz[], uuid[], timestamptz[]) IS $$
Keeps the deadlines of first replies of locked sessions that were just saved: begun anew for those
that started with a mitra (p_started, since p_began) when first_reply_seconds is not 0, stopped
while the clock does not run, later by the pause when it runs again after an extension (p_resumed,
at p_resumed_at), to the microsecond, since what is given back for them is money; and gone with the
mitra.
Notifies: deadlines.
$$;
