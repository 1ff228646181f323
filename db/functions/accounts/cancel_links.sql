CREATE OR REPLACE FUNCTION core.cancel_links(
    p_customer_id uuid, p_cause text, p_owner_id uuid DEFAULT NULL)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_events core.event[];
    v_payments core.payment_requests[];
BEGIN
    -- Lock. This may settle a session that is past its grace, so that it is open no more.
    v_events := core.lock_business(ARRAY[p_customer_id, p_owner_id], ARRAY(
        SELECT id FROM core.payment_requests
        WHERE customer_id = p_customer_id AND core.status_is(status, 'pending')));
    WITH cancelled AS (
        UPDATE core.payment_requests AS payment SET status = 'cancelled', failure_cause = p_cause
        WHERE payment.customer_id = p_customer_id AND core.status_is(payment.status, 'pending')
            AND NOT EXISTS (
                SELECT FROM core.chat_sessions AS session
                WHERE session.id = payment.session_id AND core.is_open(session.status))
        RETURNING payment.*
    )
    SELECT coalesce(array_agg(cancelled::core.payment_requests ORDER BY cancelled.id), '{}')
    INTO v_payments FROM cancelled;
    RETURN core.payment_events(v_payments) || v_events;
END
$$;

COMMENT ON FUNCTION core.cancel_links(uuid, text, uuid) IS $$
Cancels the open payment links of a customer that is about to leave. The link of an open session
stays, because that session keeps the customer from leaving. Locks all that this touches
(core.lock_business), and the open session of p_owner_id, into whom it is merged. Money that arrives
all the same is owed back. Returns the events for the caller to emit.
$$;
