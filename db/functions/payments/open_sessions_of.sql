CREATE OR REPLACE FUNCTION core.open_sessions_of(p_customer_id uuid)
RETURNS TABLE (session_id uuid)
LANGUAGE sql STABLE
AS $$
SELECT session.id FROM core.chat_sessions AS session
WHERE session.customer_id = p_customer_id
    -- Written out as in the index chat_sessions_one_open, which serves only such a list.
    AND session.status IN ('searching', 'pending_acceptance', 'pending_payment',
        'active', 'extending', 'closing')
    AND (session.status <> 'closing' OR session.closing_ends_at > clock_timestamp())
$$;

COMMENT ON FUNCTION core.open_sessions_of(uuid) IS $$
The customer's open session, or no row; last words whose grace is over count as ended. As a table,
which PostgreSQL puts in line in a list of many customers.
$$;
