CREATE OR REPLACE FUNCTION core.wrong_clocks(p_from timestamptz, p_until timestamptz)
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
-- Time that stands still: kept while another mitra is looked for, paused by an extension.
SELECT
    'a search keeps bought time exactly when its session had started', session.id::text,
    format('%s, started %s, remaining %s',
        session.status, core.instant(session.started_at), session.remaining)
FROM core.chat_sessions AS session
WHERE session.status IN ('searching', 'pending_acceptance', 'pending_payment')
    AND session.created_at >= p_from AND session.created_at < p_until
    AND (session.started_at IS NOT NULL) <> (session.remaining IS NOT NULL)
UNION ALL
SELECT 'an extending session has its pending extension', session.id::text, session.status
FROM core.chat_sessions AS session
WHERE session.created_at >= p_from AND session.created_at < p_until
    AND (session.status = 'extending') <> EXISTS (
        SELECT FROM core.session_extensions AS extension
        WHERE extension.session_id = session.id AND extension.status = 'pending')
UNION ALL
-- Time that runs.
SELECT
    'warnings are of active sessions, before their end',
    warning.session_id::text, session.status
FROM core.session_warnings AS warning
JOIN core.chat_sessions AS session ON session.id = warning.session_id
WHERE session.created_at >= p_from AND session.created_at < p_until
    AND (session.status <> 'active'
        OR warning.due_at <> session.expires_at - make_interval(secs => warning.seconds))
UNION ALL
SELECT
    'a first reply is awaited of the mitra of a running session',
    deadline.session_id::text, format('%s, due %s', session.status, core.instant(deadline.due_at))
FROM core.reply_deadlines AS deadline
JOIN core.chat_sessions AS session ON session.id = deadline.session_id
WHERE session.created_at >= p_from AND session.created_at < p_until
    AND (deadline.mitra_id IS DISTINCT FROM session.mitra_id
        OR session.status NOT IN ('active', 'extending', 'closing')
        OR (session.status = 'active') <> (deadline.stopped_at IS NULL)
        OR deadline.due_at IS DISTINCT FROM core.reply_due_at(deadline))
$$;

COMMENT ON FUNCTION core.wrong_clocks(timestamptz, timestamptz) IS $$
What must never be, of the clocks of sessions made from p_from until before p_until: bought time,
extensions that pause them, warnings and first replies.
$$;
