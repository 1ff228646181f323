CREATE OR REPLACE FUNCTION core.open_session_id(p_customer_id uuid)
RETURNS uuid
LANGUAGE sql VOLATILE
AS $$
SELECT session.id FROM core.chat_sessions AS session
WHERE core.open_customer_id(session) = p_customer_id
$$;

COMMENT ON FUNCTION core.open_session_id(uuid) IS $$
The customer's session that is stored as open, or null. For callers with core.lock_business, which
settled what was due: last words whose grace has ended since then still keep another session from
being opened, so they count. While the customer is locked, the session can only end: no other
session takes its place.
$$;
