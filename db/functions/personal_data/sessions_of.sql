CREATE OR REPLACE FUNCTION core.sessions_of(p_user_type text, p_user_id uuid)
RETURNS SETOF uuid
LANGUAGE sql STABLE
AS $$
SELECT id FROM core.chat_sessions WHERE p_user_type = 'customer' AND customer_id = p_user_id
UNION
SELECT id FROM core.chat_sessions WHERE p_user_type = 'mitra' AND mitra_id = p_user_id
UNION
SELECT session_id FROM core.session_reroutes WHERE p_user_type = 'mitra' AND mitra_id = p_user_id
$$;

COMMENT ON FUNCTION core.sessions_of(text, uuid) IS $$
The sessions of a customer, or those that a mitra has or had before a reroute.
$$;
