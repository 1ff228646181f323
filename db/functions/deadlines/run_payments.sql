CREATE OR REPLACE FUNCTION core.run_payments(
    p_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_due uuid[] := ARRAY(
        SELECT payment.id FROM core.payment_requests AS payment
        WHERE payment.id = ANY (p_ids) AND core.status_is(payment.status, 'pending')
            AND NOT core.is_awaited(payment)
        UNION ALL
        SELECT payment.id FROM core.payment_requests AS payment
        WHERE payment.session_id = ANY (p_ids) AND core.status_is(payment.status, 'pending')
            AND NOT payment.is_extension);
BEGIN
    events := core.expire_payments(v_due);
    moved := ARRAY(
        SELECT ROW(id, expires_at)::core.moved FROM core.payment_requests
        WHERE id = ANY (v_due) AND core.status_is(status, 'expired'));
END
$$;

COMMENT ON FUNCTION core.run_payments(uuid[]) IS $$
The work of run_due for the kind payment: open links past their time expire, together with the
searches that waited for them. p_ids: links, and searches of this kind.
$$;
