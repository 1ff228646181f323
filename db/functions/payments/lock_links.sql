CREATE OR REPLACE FUNCTION core.lock_links(p_payment_ids uuid[], p_is_to_open boolean)
RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_customers uuid[] := ARRAY(
        SELECT customer_id FROM core.payment_requests WHERE id = ANY (p_payment_ids));
    v_sessions uuid[];
    v_ids uuid[];
    v_busy text[];
BEGIN
    -- Customers: opening a session excludes another, and rows about money refer to them.
    IF p_is_to_open THEN
        v_customers := ARRAY(
            SELECT id FROM core.customers WHERE id = ANY (v_customers)
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
        -- The failure of an extension that nobody asked for refers to its session.
        v_sessions := ARRAY(
            SELECT id FROM core.chat_sessions
            WHERE id IN (
                SELECT session_id FROM core.payment_requests WHERE id = ANY (p_payment_ids))
            ORDER BY id FOR KEY SHARE SKIP LOCKED);
    ELSE
        v_customers := ARRAY(
            SELECT id FROM core.customers WHERE id = ANY (v_customers)
            ORDER BY id FOR KEY SHARE SKIP LOCKED);
    END IF;

    -- Payments, then streams.
    v_ids := ARRAY(
        SELECT payment.id FROM core.payment_requests AS payment
        WHERE payment.id = ANY (p_payment_ids) AND payment.customer_id = ANY (v_customers)
            AND (NOT p_is_to_open OR payment.session_id IS NULL
                OR payment.session_id = ANY (v_sessions))
        ORDER BY payment.id FOR NO KEY UPDATE SKIP LOCKED);
    v_busy := core.busy_streams(ARRAY(
        SELECT 'customer:' || payment.customer_id FROM core.payment_requests AS payment
        WHERE payment.id = ANY (v_ids)));
    RETURN ARRAY(
        SELECT payment.id FROM core.payment_requests AS payment
        WHERE payment.id = ANY (v_ids) AND 'customer:' || payment.customer_id <> ALL (v_busy));
END
$$;

COMMENT ON FUNCTION core.lock_links(uuid[], boolean) IS $$
Locks payment requests that have no open session for due work, without ever waiting. Returns those
that it locked together with the stream of their customer; with p_is_to_open also together with the
customer, so that no other session is opened for the customer, and the session of an extension. A
busy payment request is left for another run.
$$;
