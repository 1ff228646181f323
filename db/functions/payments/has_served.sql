CREATE OR REPLACE FUNCTION core.has_served(p_mitra_id uuid, p_customer_id uuid)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT FROM core.chat_sessions AS session
    JOIN core.session_services AS service ON service.session_id = session.id
    WHERE session.customer_id = p_customer_id AND service.mitra_id = p_mitra_id)
$$;

COMMENT ON FUNCTION core.has_served(uuid, uuid) IS
'Whether a mitra served this customer in a session that does not run any more.';
