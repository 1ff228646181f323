CREATE OR REPLACE FUNCTION core.first_session_applies(p_customer_id uuid)
RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
SELECT EXISTS (SELECT FROM core.customers WHERE id = p_customer_id)
    AND NOT EXISTS (
        SELECT FROM core.payment_requests AS payment
        WHERE customer_id = p_customer_id AND NOT is_extension
            AND status IN ('confirmed', 'consumed')
            AND NOT EXISTS (
                SELECT FROM core.chat_sessions AS session
                WHERE session.id = payment.session_id AND session.end_reason = 'no_first_reply'))
$$;

COMMENT ON FUNCTION core.first_session_applies(uuid) IS $$
Whether this customer pays the first-session price: no base payment is confirmed or consumed yet,
but for sessions that ended because their mitra never wrote.
$$;
