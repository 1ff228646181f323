CREATE OR REPLACE FUNCTION core.read_session(p_session_id uuid)
RETURNS core.chat_sessions
LANGUAGE sql VOLATILE
AS $$
SELECT * FROM core.chat_sessions WHERE id = p_session_id
$$;

COMMENT ON FUNCTION core.read_session(uuid) IS $$
The session as it is now. VOLATILE, so that it sees what was committed while the caller waited for
a lock.
$$;
