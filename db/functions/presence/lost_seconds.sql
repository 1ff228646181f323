CREATE OR REPLACE FUNCTION core.lost_seconds(
    p_absence core.session_absences, p_session core.chat_sessions, p_now timestamptz)
RETURNS integer
LANGUAGE sql STABLE
AS $$
-- The time between two moments, without the pauses in it.
SELECT coalesce(floor(extract(epoch FROM sum(upper(running) - lower(running)))), 0)::integer
FROM (
    SELECT greatest(p_absence.began_at, p_session.started_at, (
        SELECT max(message.created_at) FROM core.chat_messages AS message
        WHERE message.session_day = core.session_day(p_session)
            AND message.session_id = p_session.id
            AND message.sender_type = 'mitra' AND message.sender_id = p_absence.user_id)
    ) AS began_at
) AS absence
CROSS JOIN LATERAL unnest(
    tstzmultirange(tstzrange(absence.began_at, greatest(absence.began_at,
        -- The first of these; a null, for what did not happen, does not count.
        least(p_absence.seen_until, p_absence.ended_at, p_session.paused_at,
            p_session.expires_at, p_now))))
    - core.pauses_of(p_session.id)
) AS running
$$;

COMMENT ON FUNCTION core.lost_seconds(core.session_absences, core.chat_sessions, timestamptz) IS $$
For how many seconds a session's clock ran while its mitra was gone: from when the socket was first
missed, or from the mitra's last message after that, until the leases last showed it missing.
Pauses for an extension, and last words before a pause, do not count.
$$;
