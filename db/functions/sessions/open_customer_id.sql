CREATE OR REPLACE FUNCTION core.open_customer_id(p_session core.chat_sessions)
RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE WHEN p_session.status IN (
    'searching', 'pending_acceptance', 'pending_payment', 'active', 'extending', 'closing')
    THEN p_session.customer_id END
$$;

COMMENT ON FUNCTION core.open_customer_id(core.chat_sessions) IS $$
The customer of a session that is open (core.is_open), otherwise null. The unique index
chat_sessions_open_customer holds it: a customer has one open session. No other index serves a look
by it, so the open sessions of others are not read.
$$;
