CREATE OR REPLACE FUNCTION core.is_party(p_session_id uuid, p_party text, p_user_id uuid)
RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
SELECT EXISTS (
    SELECT FROM core.chat_sessions AS session
    WHERE session.id = p_session_id
        AND CASE p_party
            WHEN 'customer' THEN session.customer_id
            WHEN 'mitra' THEN session.mitra_id END = p_user_id)
$$;

COMMENT ON FUNCTION core.is_party(uuid, text, uuid) IS $$
Whether a user is a party of the session now. VOLATILE, so that it sees what was committed while
the caller waited for a lock.
$$;
