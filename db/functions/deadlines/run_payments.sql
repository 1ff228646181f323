CREATE OR REPLACE FUNCTION core.run_payments(p_limit integer, OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_due uuid[];
    v_sessions uuid[];
BEGIN
    v_due := ARRAY(
        SELECT id FROM core.payment_requests WHERE status = 'pending' AND expires_at <= v_now ORDER BY expires_at LIMIT p_limit);
    v_sessions := core.lock_sessions(ARRAY(
        SELECT session_id FROM core.payment_requests WHERE id = ANY (v_due) AND session_id IS NOT NULL), true);
    v_due := ARRAY(
        SELECT id FROM core.payment_requests
        WHERE id = ANY (v_due) AND status = 'pending' AND (session_id IS NULL OR session_id = ANY (v_sessions))
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
    events := core.expire_payments(v_due);
    moved := ARRAY(
        SELECT ROW(id, expires_at)::core.moved FROM core.payment_requests WHERE id = ANY (v_due) AND status = 'expired');
END
$$;

COMMENT ON FUNCTION core.run_payments(integer) IS 'run_due''s work of kind payment: open links past their time expire, with the searches that waited for them.';
