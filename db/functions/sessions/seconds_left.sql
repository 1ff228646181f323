CREATE OR REPLACE FUNCTION core.seconds_left(p_session core.chat_sessions, p_now timestamptz)
RETURNS numeric
LANGUAGE sql IMMUTABLE
AS $$
SELECT round(extract(epoch FROM greatest('0', CASE p_session.status
    WHEN 'active' THEN p_session.expires_at - p_now
    WHEN 'extending' THEN p_session.expires_at - p_session.paused_at
    WHEN 'searching' THEN p_session.remaining
    WHEN 'pending_acceptance' THEN p_session.remaining
    WHEN 'pending_payment' THEN p_session.remaining
    END)), 3)
$$;

COMMENT ON FUNCTION core.seconds_left(core.chat_sessions, timestamptz) IS $$
The bought seconds that are still to be used: of a running clock, of a clock paused for an
extension, or kept while a rerouted session searches; 0 otherwise.
$$;
