CREATE OR REPLACE FUNCTION core.own_sessions(p_user_type text, p_user_id uuid)
RETURNS TABLE (session_id uuid, until timestamptz)
LANGUAGE sql STABLE
AS $$
SELECT id, 'infinity'::timestamptz FROM core.chat_sessions
WHERE p_user_type = 'customer' AND customer_id = p_user_id
UNION ALL
SELECT id, 'infinity' FROM core.chat_sessions
WHERE p_user_type = 'mitra' AND mitra_id = p_user_id
UNION ALL
SELECT session_id, at FROM core.session_reroutes
WHERE p_user_type = 'mitra' AND mitra_id = p_user_id
$$;

COMMENT ON FUNCTION core.own_sessions(text, uuid) IS $$
The sessions of a customer or mitra, and until when: for ever, or to the moment at which a reroute
took the session from this mitra. What was said and done in it later is between others. A mitra has
a session once, because a reroute excludes the mitra for ever.
$$;
