CREATE OR REPLACE FUNCTION core.is_awaited(p_payment core.payment_requests)
RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
SELECT NOT p_payment.is_extension AND EXISTS (
    SELECT FROM core.chat_sessions AS session
    WHERE session.id = p_payment.session_id AND core.is_open(session.status))
$$;

COMMENT ON FUNCTION core.is_awaited(core.payment_requests) IS $$
Whether an open session waits for this base payment, as a session does that searches before it is
paid for.
$$;
