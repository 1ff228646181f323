CREATE OR REPLACE FUNCTION core.has_served(p_mitra_id uuid, p_customer_id uuid)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT FROM core.chat_sessions AS session
    JOIN core.session_services AS service ON service.session_id = session.id
    WHERE service.mitra_id = p_mitra_id
        AND session.customer_id IN (
            SELECT id FROM core.customers WHERE p_customer_id IN (id, merged_into)))
$$;

COMMENT ON FUNCTION core.has_served(uuid, uuid) IS $$
Whether a mitra served this customer, or a customer merged into it, in a session that does not run
any more.
$$;
