CREATE OR REPLACE FUNCTION core.open_session_of(p_customer_id uuid)
RETURNS uuid
LANGUAGE sql VOLATILE
AS $$
SELECT id FROM core.chat_sessions
WHERE customer_id = p_customer_id
    -- Written out as in the index chat_sessions_one_open, which serves only such a list.
    AND status IN ('searching', 'pending_acceptance', 'pending_payment',
        'active', 'extending', 'closing')
    AND (status <> 'closing' OR closing_ends_at > clock_timestamp())
$$;

COMMENT ON FUNCTION core.open_session_of(uuid) IS $$
The customer's open session, or null; last words whose grace is over count as ended. While the
customer is locked, the session can only end: no other session takes its place.
$$;
