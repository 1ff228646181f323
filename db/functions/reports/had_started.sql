CREATE OR REPLACE FUNCTION core.had_started(p_session_id uuid, p_mitra_id uuid)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT FROM core.chat_sessions AS session
    WHERE session.id = p_session_id AND session.started_at IS NOT NULL
        AND (session.mitra_id = p_mitra_id OR EXISTS (
            SELECT FROM core.session_reroutes AS reroute
            WHERE reroute.session_id = p_session_id AND reroute.mitra_id = p_mitra_id
                AND reroute.at > session.started_at)))
$$;

COMMENT ON FUNCTION core.had_started(uuid, uuid) IS $$
Whether the clock of a session ran with this mitra, who has it now or lost it by a reroute.
$$;
