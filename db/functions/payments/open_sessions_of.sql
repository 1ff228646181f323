CREATE OR REPLACE FUNCTION core.open_sessions_of(p_customer_id uuid)
RETURNS TABLE (session_id uuid)
LANGUAGE sql STABLE
AS $$
SELECT session.id FROM core.chat_sessions AS session
WHERE core.open_customer_id(session) = p_customer_id
    AND (session.status <> 'closing' OR session.closing_ends_at > clock_timestamp())
$$;

COMMENT ON FUNCTION core.open_sessions_of(uuid) IS $$
The customer's open session, or no row; last words whose grace is over count as ended. As a table,
which PostgreSQL puts in line in a list of many customers.
$$;
