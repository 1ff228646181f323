CREATE OR REPLACE FUNCTION core.deadlines(p_until timestamptz DEFAULT 'infinity')
RETURNS TABLE (kind text, due_at timestamptz)
LANGUAGE sql STABLE
SET enable_seqscan = off
AS $$
SELECT 'withdrawal', min(withdrawal.due_at) FROM core.mitra_withdrawals AS withdrawal
WHERE withdrawal.due_at BETWEEN core.due_from() AND p_until
UNION ALL
SELECT 'reroute', min(reroute.due_at) FROM core.mitra_reroutes AS reroute
WHERE reroute.due_at BETWEEN core.due_from() AND p_until
UNION ALL
SELECT 'absence', min(absence.due_at) FROM core.session_absences AS absence
WHERE absence.due_at BETWEEN core.due_from() AND p_until
UNION ALL
SELECT 'offer', min(offer.expires_at) FROM core.pairing_offers AS offer
WHERE offer.status = 'offered' AND offer.expires_at BETWEEN core.due_from() AND p_until
UNION ALL
SELECT 'silence', min(silence.due_at) FROM core.silences AS silence
WHERE silence.due_at BETWEEN core.due_from() AND p_until
UNION ALL
SELECT 'pairing', min(session.pairing_deadline) FROM core.chat_sessions AS session
WHERE session.status = 'searching' AND session.pairing_deadline BETWEEN core.due_from() AND p_until
UNION ALL
SELECT 'payment', min(payment.expires_at) FROM core.payment_requests AS payment
WHERE payment.status = 'pending' AND payment.expires_at BETWEEN core.due_from() AND p_until
UNION ALL
SELECT 'warning', min(warning.due_at) FROM core.session_warnings AS warning
WHERE warning.due_at BETWEEN core.due_from() AND p_until
UNION ALL
SELECT 'first_reply', min(reply.due_at) FROM core.reply_deadlines AS reply
WHERE reply.due_at BETWEEN core.due_from() AND p_until
UNION ALL
SELECT 'expiry', min(session.expires_at) FROM core.chat_sessions AS session
WHERE session.status = 'active' AND session.expires_at BETWEEN core.due_from() AND p_until
UNION ALL
SELECT 'closure', min(session.closing_ends_at) FROM core.chat_sessions AS session
WHERE session.status = 'closing' AND session.closing_ends_at BETWEEN core.due_from() AND p_until
UNION ALL
-- A listener settles an extension first; only after its grace is it run_due's.
SELECT 'extension',
    min(extension.expires_at) + core.config_seconds('extension_settle_grace_seconds')
FROM core.session_extensions AS extension
WHERE extension.status = 'pending' AND extension.expires_at
    BETWEEN core.due_from() - core.config_seconds('extension_settle_grace_seconds')
    AND p_until - core.config_seconds('extension_settle_grace_seconds')
$$;

COMMENT ON FUNCTION core.deadlines(timestamptz) IS $$
The nearest deadline of each kind, p_until at the latest; null where there is none. Each is one step
in an index, from the low-water mark on (core.due_from), and reads no further than p_until: while
somebody holds the horizon, what is over stays in the index until its deadline would have come. (No
sequential scan: a table that is empty most of the time is planned as if it always were, and its
dead rows would be read.)
$$;
