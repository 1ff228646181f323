CREATE OR REPLACE FUNCTION ops.open_sessions()
RETURNS TABLE (
    session_id uuid,
    status text,
    customer_id uuid,
    mitra_id uuid,
    mitra text,
    created_at timestamptz,
    age interval,
    round integer,
    pairing_deadline timestamptz,
    live_offers bigint,
    started_at timestamptz,
    expires_at timestamptz,
    seconds_left numeric,
    closing_ends_at timestamptz,
    payment_request_id uuid,
    payment_status text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT
    session.id AS session_id, settled.status, session.customer_id,
    session.mitra_id, mitra.display_name AS mitra,
    session.created_at, clock.now - session.created_at AS age,
    session.round, session.pairing_deadline,
    (SELECT count(*) FROM core.pairing_offers AS offer
     WHERE offer.session_id = session.id AND offer.status = 'offered') AS live_offers,
    session.started_at, session.expires_at,
    core.seconds_left(session, clock.now) AS seconds_left, session.closing_ends_at,
    payment.id AS payment_request_id, payment.status AS payment_status
FROM core.chat_sessions AS session
CROSS JOIN LATERAL (SELECT clock_timestamp() AS now) AS clock
CROSS JOIN LATERAL (SELECT core.settled_status(session, clock.now) AS status) AS settled
LEFT JOIN core.mitras AS mitra ON mitra.id = session.mitra_id
-- one by one, and not all payments that there ever were
LEFT JOIN LATERAL (
    SELECT paid.id, paid.status FROM core.payment_requests AS paid
    WHERE paid.session_id = session.id AND NOT paid.is_extension
    OFFSET 0
) AS payment ON true
-- The stored status is asked first, by the words of the index of open sessions.
WHERE session.status IN (
    'searching', 'pending_acceptance', 'pending_payment', 'active', 'extending', 'closing')
    AND core.is_open(settled.status)
ORDER BY session.created_at
$$;

COMMENT ON FUNCTION ops.open_sessions() IS $$
The rows of the view ops.open_sessions. Raises nothing.
$$;
