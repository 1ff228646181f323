CREATE OR REPLACE FUNCTION core.lock_for_command(
    p_session_ids uuid[], p_payment_ids uuid[] DEFAULT '{}')
RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_ids uuid[];
BEGIN
    v_ids := ARRAY(
        SELECT id FROM core.chat_sessions WHERE id = ANY (p_session_ids)
        ORDER BY id FOR NO KEY UPDATE);
    PERFORM FROM core.pairing_offers
    WHERE session_id = ANY (v_ids) AND core.status_is(status, 'offered')
    ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM core.session_extensions
    WHERE session_id = ANY (v_ids) AND core.status_is(status, 'pending')
    ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM core.payment_requests
    WHERE (session_id = ANY (v_ids) AND core.status_is(status, 'pending', 'confirmed'))
        OR id = ANY (p_payment_ids)
    ORDER BY id FOR NO KEY UPDATE;
    RETURN v_ids;
END
$$;

COMMENT ON FUNCTION core.lock_for_command(uuid[], uuid[]) IS $$
Locks, for a single command, sessions and everything below them that may still change, always in
this order: sessions, live offers, pending extensions, open payments (and p_payment_ids), each by
id. Customers are locked before it, mitras after it. Waits for what is busy; due work uses
core.lock_whole instead. Returns the ids locked. Read the rows, and the clock, in a later
statement.
$$;
