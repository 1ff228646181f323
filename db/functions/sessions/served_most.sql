CREATE OR REPLACE FUNCTION core.served_most(p_session core.chat_sessions)
RETURNS uuid
LANGUAGE sql STABLE
AS $$
SELECT coalesce((
    SELECT service.mitra_id FROM core.session_services AS service
    WHERE service.session_id = p_session.id
    ORDER BY service.seconds DESC,
        service.mitra_id = p_session.mitra_id DESC NULLS LAST, service.mitra_id
    LIMIT 1), p_session.mitra_id)
$$;

COMMENT ON FUNCTION core.served_most(core.chat_sessions) IS $$
The mitra that served a session longest, of equals the last mitra. A rating of the session is a
rating of this mitra.
$$;
