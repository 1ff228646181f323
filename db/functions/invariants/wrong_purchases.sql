CREATE OR REPLACE FUNCTION core.wrong_purchases(p_from timestamptz, p_until timestamptz)
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
-- No chat without a payment, and no payment kept without its chat.
SELECT
    'a session that started was paid for',
    session.id::text, coalesce(payment.status, 'no payment')
FROM core.chat_sessions AS session
LEFT JOIN core.payment_requests AS payment
    ON payment.session_id = session.id AND NOT payment.is_extension
WHERE session.created_at >= p_from AND session.created_at < p_until
    AND session.started_at IS NOT NULL AND payment.status IS DISTINCT FROM 'consumed'
UNION ALL
SELECT
    'a searching session has money held, or a link still open',
    session.id::text, coalesce(payment.status, 'no payment')
FROM core.chat_sessions AS session
LEFT JOIN core.payment_requests AS payment
    ON payment.session_id = session.id AND NOT payment.is_extension
WHERE session.status IN ('searching', 'pending_acceptance', 'pending_payment')
    AND session.created_at >= p_from AND session.created_at < p_until
    AND session.started_at IS NULL
    AND (payment.status IS NULL OR payment.status NOT IN ('pending', 'confirmed'))
UNION ALL
SELECT 'an ended session holds no money', session.id::text, payment.id::text
FROM core.chat_sessions AS session
JOIN core.payment_requests AS payment
    ON payment.session_id = session.id
    AND NOT payment.is_extension
    AND payment.status = 'confirmed'
WHERE session.created_at >= p_from AND session.created_at < p_until
    AND NOT core.is_open(session.status)
UNION ALL
SELECT
    'an extension is answered as its payment was used',
    extension.id::text, extension.status || ', payment ' || payment.status
FROM core.chat_sessions AS session
JOIN core.session_extensions AS extension ON extension.session_id = session.id
JOIN core.payment_requests AS payment ON payment.id = extension.payment_request_id
WHERE session.created_at >= p_from AND session.created_at < p_until
    AND payment.status <> CASE extension.status
        WHEN 'pending' THEN 'confirmed' WHEN 'accepted' THEN 'consumed' ELSE 'failed' END
$$;

COMMENT ON FUNCTION core.wrong_purchases(timestamptz, timestamptz) IS $$
What must never be, of what was paid for sessions made from p_from until before p_until, and for
their extensions.
$$;
