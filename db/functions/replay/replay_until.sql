CREATE OR REPLACE FUNCTION core.replay_until(p_from timestamptz, p_to timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT least(p_to, p_from + interval '6 hours', (
    SELECT session.created_at FROM core.chat_sessions AS session
    WHERE session.created_at > p_from AND session.created_at < p_to
    ORDER BY session.created_at OFFSET 50 LIMIT 1))
$$;

COMMENT ON FUNCTION core.replay_until(timestamptz, timestamptz) IS $$
The end of the part of a replay that begins at p_from: six hours or fifty searches, about a second
of work.
$$;
