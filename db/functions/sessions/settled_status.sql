CREATE OR REPLACE FUNCTION core.settled_status(p_session core.chat_sessions, p_now timestamptz)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE
    WHEN p_session.status = 'active' AND p_session.expires_at <= p_now THEN 'closing'
    WHEN p_session.status = 'closing' AND p_session.closing_ends_at <= p_now THEN 'completed'
    ELSE p_session.status END
$$;

COMMENT ON FUNCTION core.settled_status(core.chat_sessions, timestamptz) IS $$
The status of a session once its clock or its grace is settled. Every list and every judgement goes
by it.
$$;
