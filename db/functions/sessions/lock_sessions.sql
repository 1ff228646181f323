CREATE OR REPLACE FUNCTION core.lock_sessions(
    p_session_ids uuid[], p_skip_locked boolean DEFAULT false, p_payment_ids uuid[] DEFAULT '{}')
RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_ids uuid[];
BEGIN
    IF p_skip_locked THEN
        v_ids := ARRAY(SELECT id FROM core.chat_sessions WHERE id = ANY (p_session_ids) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
    ELSE
        v_ids := ARRAY(SELECT id FROM core.chat_sessions WHERE id = ANY (p_session_ids) ORDER BY id FOR NO KEY UPDATE);
    END IF;
    PERFORM FROM core.pairing_offers WHERE session_id = ANY (v_ids) AND status = 'offered' ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM core.session_extensions WHERE session_id = ANY (v_ids) AND status = 'pending' ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM core.payment_requests
    WHERE (session_id = ANY (v_ids) AND status IN ('pending', 'confirmed')) OR id = ANY (p_payment_ids)
    ORDER BY id FOR NO KEY UPDATE;
    RETURN v_ids;
END
$$;

COMMENT ON FUNCTION core.lock_sessions(uuid[], boolean, uuid[]) IS $$
Locks sessions and everything below them that may still change, in the one order: sessions, live offers, pending extensions, open
payments (and p_payment_ids), each by id. Customers come before it, mitras after. Returns the ids locked; with p_skip_locked the busy
ones are left out. Read the rows, and the clock, in a later statement.
$$;
