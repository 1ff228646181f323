CREATE OR REPLACE FUNCTION core.expire_payments(
    p_payment_ids uuid[], p_is_closed boolean DEFAULT false)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_payments core.payment_requests[];
    v_sessions core.chat_sessions[];
BEGIN
    WITH expired AS (
        UPDATE core.payment_requests SET status = 'expired', failure_cause = 'payment_expired'
        WHERE id = ANY (p_payment_ids) AND core.status_is(status, 'pending')
            AND (p_is_closed OR expires_at <= clock_timestamp())
        RETURNING *
    )
    SELECT coalesce(array_agg(expired::core.payment_requests), '{}')
    INTO v_payments FROM expired;

    -- A search that waited for one of these links will never be paid for, so it fails.
    v_sessions := ARRAY(
        SELECT core.enter_final(session, 'failed', 'payment_expired', clock_timestamp())
        FROM unnest(v_payments) AS payment
        JOIN core.chat_sessions AS session ON session.id = payment.session_id
        WHERE NOT payment.is_extension AND core.is_open(session.status)
        ORDER BY session.id);
    RETURN core.payment_events(v_payments) || core.abandon_searches(v_sessions);
END
$$;

COMMENT ON FUNCTION core.expire_payments(uuid[], boolean) IS $$
Expires locked payment requests whose link has run out, or was closed by the provider
(p_is_closed), and the searches that waited for them. Returns the events for the caller to emit.
$$;
