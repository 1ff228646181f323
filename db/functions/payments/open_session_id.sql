CREATE OR REPLACE FUNCTION core.open_session_id(p_customer_id uuid)
RETURNS uuid
LANGUAGE sql VOLATILE
AS $$
SELECT open.session_id FROM core.open_sessions_of(p_customer_id) AS open
$$;

COMMENT ON FUNCTION core.open_session_id(uuid) IS $$
The customer's open session, or null; last words whose grace is over count as ended. While the
customer is locked, the session can only end: no other session takes its place.
$$;
