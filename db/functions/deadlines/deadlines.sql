CREATE OR REPLACE FUNCTION core.deadlines()
RETURNS TABLE (kind text, due_at timestamptz)
LANGUAGE sql STABLE
SET enable_seqscan = off
AS $$
SELECT 'withdrawal', min(withdrawal.due_at) FROM core.mitra_withdrawals AS withdrawal
WHERE withdrawal.due_at >= core.due_from()
UNION ALL
SELECT 'reroute', min(reroute.due_at) FROM core.mitra_reroutes AS reroute
WHERE reroute.due_at >= core.due_from()
UNION ALL
SELECT 'absence', min(absence.due_at) FROM core.session_absences AS absence
WHERE absence.due_at >= core.due_from()
UNION ALL
SELECT 'offer', min(offer.expires_at) FROM core.pairing_offers AS offer
WHERE offer.status = 'offered' AND offer.expires_at >= core.due_from()
UNION ALL
SELECT 'silence', min(silence.due_at) FROM core.silences AS silence
WHERE silence.due_at >= core.due_from()
UNION ALL
SELECT 'pairing', min(session.pairing_deadline) FROM core.chat_sessions AS session
WHERE session.status = 'searching' AND session.pairing_deadline >= core.due_from()
    AND core.search_began_at(session) >= core.searching_from()
UNION ALL
SELECT 'payment', min(payment.expires_at) FROM core.payment_requests AS payment
WHERE payment.status = 'pending' AND payment.expires_at >= core.due_from()
UNION ALL
SELECT 'warning', min(warning.due_at) FROM core.session_warnings AS warning
WHERE warning.due_at >= core.due_from()
UNION ALL
SELECT 'first_reply', min(reply.due_at) FROM core.reply_deadlines AS reply
WHERE reply.due_at >= core.due_from()
UNION ALL
SELECT 'expiry', min(session.expires_at) FROM core.chat_sessions AS session
WHERE session.status = 'active' AND session.expires_at >= core.due_from()
UNION ALL
SELECT 'closure', min(session.closing_ends_at) FROM core.chat_sessions AS session
WHERE session.status = 'closing' AND session.closing_ends_at >= core.due_from()
UNION ALL
-- A listener settles an extension first; only after its grace is it run_due's.
SELECT 'extension',
    min(extension.expires_at) + core.config_seconds('extension_settle_grace_seconds')
FROM core.session_extensions AS extension
WHERE extension.status = 'pending' AND extension.expires_at
    >= core.due_from() - core.config_seconds('extension_settle_grace_seconds')
$$;

COMMENT ON FUNCTION core.deadlines() IS $$
The nearest deadline of each kind; null where there is none. Each is one step in an index, from the
low-water mark on (core.due_from). (No sequential scan: a table that is empty most of the time is
planned as if it always were, and its dead rows would be read.)
$$;
