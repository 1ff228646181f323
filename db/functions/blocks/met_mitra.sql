CREATE OR REPLACE FUNCTION core.met_mitra(p_session core.chat_sessions)
RETURNS uuid
LANGUAGE sql STABLE
AS $$
SELECT coalesce(p_session.mitra_id, (
    SELECT reroute.mitra_id FROM core.session_reroutes AS reroute
    WHERE reroute.session_id = p_session.id
    ORDER BY reroute.round DESC LIMIT 1))
$$;

COMMENT ON FUNCTION core.met_mitra(core.chat_sessions) IS $$
The mitra whom the customer of a session met: the session's mitra, or the last one from whom it was
taken. Null when there was none.
$$;
