CREATE OR REPLACE FUNCTION core.enter_rerouted(p_session core.chat_sessions, p_now timestamptz)
RETURNS core.chat_sessions
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    -- A clock that never ran starts later with all the minutes bought.
    IF p_session.started_at IS NOT NULL THEN
        p_session.remaining := make_interval(
            secs => core.seconds_left(p_session, p_now)::double precision);
    END IF;
    p_session.status := 'searching';
    p_session.excluded_mitra_ids := p_session.excluded_mitra_ids || p_session.mitra_id;
    p_session.mitra_id := NULL;
    p_session.round := p_session.round + 1;
    p_session.search_began_at := p_now;
    p_session.pairing_deadline := p_now + core.config_seconds('pairing_timeout_seconds');
    p_session.expires_at := NULL;
    p_session.paused_at := NULL;
    p_session.ran_until := NULL;
    p_session.unused_seconds := 0;
    RETURN p_session;
END
$$;

COMMENT ON FUNCTION core.enter_rerouted(core.chat_sessions, timestamptz) IS $$
The session as it looks for another mitra: the slot is released, the remaining time kept, a new
round with a new deadline begun, this mitra excluded. What a refused extension left unused is not
owed: only what remains is.
$$;
