CREATE OR REPLACE FUNCTION core.owe_remaining(p_sessions core.chat_sessions[])
RETURNS core.payment_requests[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_payments core.payment_requests[];
BEGIN
    -- What each payment still keeps, and what its whole session owes.
    WITH paid AS (
        SELECT payment.id, payment.session_id, payment.consumed_at,
            money.kept,
            floor(
                sum(payment.amount) OVER of_session * ended.unused_seconds
                / (60 * sum(payment.duration_minutes) OVER of_session))::bigint AS debt
        FROM unnest(p_sessions) AS ended
        JOIN core.payment_requests AS payment
            ON payment.session_id = ended.id AND payment.status = 'consumed'
        CROSS JOIN LATERAL core.money_of(payment) AS money
        WHERE ended.started_at IS NOT NULL
        WINDOW of_session AS (PARTITION BY payment.session_id)
    ), owed AS (
        -- The share of each payment: what the newer payments leave of the debt. Not above 0 when
        -- they leave nothing.
        SELECT paid.id,
            least(paid.kept, paid.debt - coalesce(sum(paid.kept) OVER newer, 0)) AS amount
        FROM paid
        WINDOW newer AS (
            PARTITION BY paid.session_id ORDER BY paid.consumed_at DESC, paid.id DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), owing AS (
        UPDATE core.payment_requests AS payment
        SET refund_due_amount = payment.refund_due_amount + owed.amount,
            refund_status = CASE payment.refund_status
                WHEN 'requested' THEN 'requested' ELSE 'due' END
        FROM owed WHERE payment.id = owed.id AND owed.amount > 0
        RETURNING payment.*
    )
    SELECT coalesce(array_agg(owing::core.payment_requests), ARRAY[]::core.payment_requests[])
    INTO v_payments FROM owing;
    RETURN v_payments;
END
$$;

COMMENT ON FUNCTION core.owe_remaining(core.chat_sessions[]) IS $$
What rerouted searches that came to nothing owe: floor(paid * unused seconds / bought seconds),
paid and bought summed over the session's consumed payments. The debt falls on the newest payment
first, and never on a payment beyond what it still keeps. A change of a consumed payment needs the
lock of its session, which the caller has. Returns the payments changed.
$$;
