CREATE OR REPLACE FUNCTION core.lock_business(p_customer_ids uuid[], p_payment_ids uuid[])
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_sessions uuid[];
    v_events core.event[];
BEGIN
    PERFORM FROM core.customers WHERE id = ANY (p_customer_ids) ORDER BY id FOR NO KEY UPDATE;
    v_sessions := core.lock_for_command(ARRAY(
        SELECT session_id FROM core.payment_requests WHERE id = ANY (p_payment_ids)
        UNION
        SELECT session.id FROM core.chat_sessions AS session
        WHERE core.open_customer_id(session) = ANY (p_customer_ids)
    ), p_payment_ids);

    -- Last words may have ended without anybody settling them; their session would stand in
    -- the way of a new session.
    SELECT settled.events INTO v_events
    FROM core.settle_sessions(ARRAY(
        SELECT id FROM core.chat_sessions
        WHERE id = ANY (v_sessions) AND core.status_is(status, 'closing'))) AS settled;
    RETURN v_events;
END
$$;

COMMENT ON FUNCTION core.lock_business(uuid[], uuid[]) IS $$
Locks everything that opening a session or receiving money touches, in the order of locks:
customers, their open sessions and those of the payments, what is below these sessions, the
payments. Settles last words whose grace is over, so that they stand in nobody's way; that changes
no slot. Returns the events for the caller to emit.
$$;
