CREATE OR REPLACE FUNCTION core.may_reroute(p_session core.chat_sessions, p_now timestamptz)
RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
SELECT core.holds_slot(p_session.status)
    AND (p_session.started_at IS NULL OR core.seconds_left(p_session, p_now) >= 1)
$$;

COMMENT ON FUNCTION core.may_reroute(core.chat_sessions, timestamptz) IS $$
Whether a session has a mitra to be taken from and, once it began, time left for another. A session
that was paused in its last words has no time left.
$$;
