CREATE OR REPLACE FUNCTION api.watched_sessions(
    p_after uuid DEFAULT NULL, p_limit integer DEFAULT 1000)
RETURNS TABLE (session_id uuid, customer_id uuid, mitra_id uuid, as_of timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('limit', p_limit::text);
-- Written out as in the index chat_sessions_open, which serves only such a list.
SELECT session.id, session.customer_id, session.mitra_id, clock_timestamp()
FROM core.chat_sessions AS session
WHERE session.status IN ('searching', 'pending_acceptance', 'pending_payment',
        'active', 'extending', 'closing')
    AND session.customer_id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
ORDER BY session.customer_id
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.watched_sessions(uuid, integer) IS $$
The open sessions and their parties, by customer after p_after, p_limit a page; mitra_id is null
while no mitra has accepted. as_of is the database's clock. Raises VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.watched_sessions(uuid, integer) TO halo_listener;
