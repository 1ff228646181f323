CREATE OR REPLACE FUNCTION core.reply_due_at(p_deadline core.reply_deadlines)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE
    WHEN p_deadline.is_overdue THEN NULL
    WHEN p_deadline.stopped_at < p_deadline.began_at + p_deadline.within THEN NULL
    WHEN p_deadline.stopped_at IS NOT NULL OR p_deadline.is_reminded
        THEN p_deadline.began_at + p_deadline.within
    ELSE p_deadline.began_at + p_deadline.within / 2 END
$$;

COMMENT ON FUNCTION core.reply_due_at(core.reply_deadlines) IS $$
When there is next something to do about a first reply: to remind the mitra at half of the time, to
tell the customer at its end. Null when both is done, and while the clock does not run, unless the
whole time was over when it stopped.
$$;
