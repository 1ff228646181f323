CREATE OR REPLACE FUNCTION ops.session_timeline(p_session_id uuid)
RETURNS TABLE (at timestamptz, what text, who text, details jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
-- The beginning: a search, and the money for it.
SELECT
    session.created_at, 'search began', 'customer:' || session.customer_id,
    jsonb_build_object('minutes', payment.duration_minutes)
FROM core.chat_sessions AS session
LEFT JOIN core.payment_requests AS payment
    ON payment.session_id = session.id AND NOT payment.is_extension
WHERE session.id = p_session_id
UNION ALL
SELECT
    payment.created_at, 'payment asked for', 'customer:' || payment.customer_id,
    jsonb_build_object(
        'payment_request_id', payment.id,
        'amount', payment.amount,
        'is_extension', payment.is_extension)
FROM core.payment_requests AS payment
WHERE payment.session_id = p_session_id
UNION ALL
SELECT
    payment.confirmed_at, 'payment confirmed', payment.provider,
    jsonb_build_object(
        'payment_request_id', payment.id,
        'status', payment.status,
        'cause', payment.failure_cause,
        'refund_status', payment.refund_status)
FROM core.payment_requests AS payment
WHERE payment.session_id = p_session_id AND payment.confirmed_at IS NOT NULL
UNION ALL
-- Pairing: each offer twice, when it was made and when it was settled.
SELECT
    offer.offered_at, 'offered', 'mitra:' || offer.mitra_id,
    jsonb_build_object(
        'round', offer.round,
        'wave', offer.wave,
        'until', core.instant(offer.expires_at))
FROM core.pairing_offers AS offer
WHERE offer.session_id = p_session_id
UNION ALL
SELECT
    offer.settled_at, 'offer ' || offer.status, 'mitra:' || offer.mitra_id,
    jsonb_build_object('round', offer.round, 'wave', offer.wave)
FROM core.pairing_offers AS offer
WHERE offer.session_id = p_session_id AND offer.settled_at IS NOT NULL
UNION ALL
-- The clock. It starts once, with the mitra of the first accept: after a reroute the session names
-- another mitra.
SELECT
    session.started_at, 'clock started',
    'mitra:' || (
        SELECT offer.mitra_id FROM core.pairing_offers AS offer
        WHERE offer.session_id = session.id AND offer.status = 'accepted'
        ORDER BY offer.round LIMIT 1),
    NULL
FROM core.chat_sessions AS session
WHERE session.id = p_session_id AND session.started_at IS NOT NULL
UNION ALL
SELECT
    reroute.at, 'rerouted', 'mitra:' || reroute.mitra_id,
    jsonb_build_object(
        'round', reroute.round,
        'cause', reroute.cause,
        'remaining_seconds', reroute.remaining_seconds,
        'actor_id', reroute.actor_id)
FROM core.session_reroutes AS reroute
WHERE reroute.session_id = p_session_id
UNION ALL
SELECT
    extension.requested_at, 'extension asked for', 'customer',
    jsonb_build_object(
        'minutes', extension.requested_duration_minutes,
        'price', extension.requested_price)
FROM core.session_extensions AS extension
WHERE extension.session_id = p_session_id
UNION ALL
SELECT
    extension.responded_at, 'extension ' || extension.status,
    CASE
        WHEN extension.status = 'cancelled' THEN 'session'
        WHEN extension.status = 'timeout' OR extension.responded_at >= extension.expires_at
            THEN 'clock' -- silence, whatever the rule takes it for
        ELSE 'mitra'
    END,
    jsonb_build_object('minutes', extension.requested_duration_minutes)
FROM core.session_extensions AS extension
WHERE extension.session_id = p_session_id AND extension.responded_at IS NOT NULL
UNION ALL
-- What was written, by count: from each party's first message to its last.
SELECT
    min(message.created_at), 'messages', message.sender_type || ':' || message.sender_id,
    jsonb_build_object('count', count(*), 'until', core.instant(max(message.created_at)))
FROM core.chat_sessions AS session
JOIN core.chat_messages AS message
    ON message.session_id = session.id AND message.session_day = core.session_day(session)
WHERE session.id = p_session_id
GROUP BY message.sender_type, message.sender_id
UNION ALL
SELECT
    session.expires_at, 'closing began', 'clock',
    jsonb_build_object('cause', session.closing_cause, 'unused_seconds', session.unused_seconds)
FROM core.chat_sessions AS session
WHERE session.id = p_session_id AND session.closing_ends_at IS NOT NULL
UNION ALL
SELECT
    session.ended_at, session.status, 'session',
    jsonb_build_object('reason', session.end_reason, 'unused_seconds', session.unused_seconds)
FROM core.chat_sessions AS session
WHERE session.id = p_session_id AND session.ended_at IS NOT NULL
UNION ALL
-- What went wrong, and the money that went back.
SELECT
    failure.created_at, 'failure recorded', 'system',
    jsonb_build_object('cause', failure.cause_tag) || failure.details
FROM core.pairing_failures AS failure
WHERE failure.session_id = p_session_id
UNION ALL
SELECT
    refund.requested_at, 'refund asked for', coalesce('cc:' || refund.actor_id, 'system'),
    jsonb_build_object(
        'refund_id', refund.id,
        'payment_request_id', payment.id,
        'amount', refund.amount,
        'way', refund.way,
        'reason', refund.reason)
FROM core.payment_requests AS payment
JOIN core.refunds AS refund ON refund.payment_request_id = payment.id
WHERE payment.session_id = p_session_id
UNION ALL
SELECT
    refund.settled_at, 'refund ' || refund.status,
    CASE refund.way WHEN 'provider' THEN payment.provider
        ELSE coalesce('cc:' || coalesce(refund.confirmed_by, refund.actor_id), 'system') END,
    jsonb_build_object(
        'refund_id', refund.id,
        'payment_request_id', payment.id,
        'amount', refund.amount,
        'way', refund.way,
        'failure', refund.failure)
FROM core.payment_requests AS payment
JOIN core.refunds AS refund ON refund.payment_request_id = payment.id
WHERE payment.session_id = p_session_id AND refund.settled_at IS NOT NULL
UNION ALL
-- The people: whether they were there, what was booked for them, what they said of it.
SELECT
    absence.began_at, 'gone', absence.party || ':' || absence.user_id,
    jsonb_build_object(
        'until', core.instant(absence.ended_at),
        'seconds', floor(extract(epoch FROM absence.ended_at - absence.began_at)),
        'credited_seconds', absence.credited_seconds)
FROM core.session_absences AS absence
WHERE absence.session_id = p_session_id
UNION ALL
SELECT
    entry.created_at, 'transaction: ' || entry.type, 'customer:' || entry.customer_id,
    jsonb_build_object('amount', entry.amount) || entry.details
FROM core.customer_transactions AS entry
WHERE entry.session_id = p_session_id
UNION ALL
SELECT rating.created_at, 'rated', 'customer', jsonb_build_object('rating', rating.rating)
FROM core.session_ratings AS rating
WHERE rating.session_id = p_session_id
UNION ALL
SELECT
    report.created_at, 'reported',
    report.party || ':' || CASE report.party
        WHEN 'customer' THEN report.customer_id ELSE report.mitra_id END,
    jsonb_build_object('report_id', report.id, 'reason', report.reason, 'status', report.status)
FROM core.reports AS report
WHERE report.session_id = p_session_id
UNION ALL
SELECT
    block.created_at, 'blocked',
    block.party || ':' || CASE block.party
        WHEN 'customer' THEN block.customer_id ELSE block.mitra_id END,
    NULL
FROM core.blocks AS block
WHERE block.session_id = p_session_id
ORDER BY 1
$$;

COMMENT ON FUNCTION ops.session_timeline(uuid) IS $$
All that happened to a session, in order: money, offers, answers, clock, extensions, absences,
reroutes, refunds, end; the messages of each party as one row at the first, with their count and the
time of the last. who is clock where time decided, as for the silence of a mitra. Empty for an id
that does not exist. Raises nothing.
$$;
