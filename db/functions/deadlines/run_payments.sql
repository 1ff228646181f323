CREATE OR REPLACE FUNCTION core.run_payments(p_limit integer, OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_searches CURSOR FOR
        SELECT session.id FROM core.payment_requests AS payment
        JOIN core.chat_sessions AS session ON session.id = payment.session_id
        WHERE payment.status = 'pending' AND payment.expires_at <= v_now
            AND core.is_awaited(payment)
        ORDER BY payment.expires_at;
    v_links CURSOR FOR
        SELECT payment.id FROM core.payment_requests AS payment
        WHERE payment.status = 'pending' AND payment.expires_at <= v_now
            AND NOT core.is_awaited(payment)
        ORDER BY payment.expires_at;
    v_sessions uuid[];
    v_due uuid[];
BEGIN
    -- Find and lock: searches that wait for their link, whole; then links that nobody waits
    -- for. Judge again what was locked.
    OPEN v_searches;
    v_sessions := core.lock_due(v_searches, p_limit, '{parties,offers,money,slot}');
    OPEN v_links;
    v_due := core.lock_due(v_links, p_limit, '{link}');
    v_due := ARRAY(
        SELECT payment.id FROM core.payment_requests AS payment
        WHERE payment.id = ANY (v_due) AND payment.status = 'pending'
            AND NOT core.is_awaited(payment)
        UNION ALL
        SELECT payment.id FROM core.payment_requests AS payment
        WHERE payment.session_id = ANY (v_sessions) AND payment.status = 'pending'
            AND NOT payment.is_extension);

    -- Write and tell.
    events := core.expire_payments(v_due);
    moved := ARRAY(
        SELECT ROW(id, expires_at)::core.moved FROM core.payment_requests WHERE id = ANY (v_due) AND status = 'expired');
END
$$;

COMMENT ON FUNCTION core.run_payments(integer) IS 'run_due''s work of kind payment: open links past their time expire, with the searches that waited for them.';
