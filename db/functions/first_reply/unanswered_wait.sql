CREATE OR REPLACE FUNCTION core.unanswered_wait(p_session core.chat_sessions, p_now timestamptz)
RETURNS interval
LANGUAGE sql VOLATILE
AS $$
SELECT wait.lasted - make_interval(secs => coalesce((
    SELECT sum(absence.credited_seconds) FROM core.session_absences AS absence
    -- a mitra has a session once: all its absences are of this wait, which pauses move
    WHERE absence.session_id = p_session.id AND absence.party = 'mitra'
        AND absence.user_id = deadline.mitra_id), 0))
FROM core.reply_deadlines AS deadline
CROSS JOIN LATERAL (
    SELECT coalesce(deadline.stopped_at, least(p_now, p_session.expires_at))
        - deadline.began_at AS lasted
) AS wait
WHERE deadline.session_id = p_session.id AND deadline.mitra_id = p_session.mitra_id
    AND wait.lasted >= deadline.within
    AND NOT core.has_written(p_session)
$$;

COMMENT ON FUNCTION core.unanswered_wait(core.chat_sessions, timestamptz) IS $$
The time of the clock since a session, as it is stored, started with its mitra, less what was given
back of it for an absence; null unless the mitra's first reply is overdue. A command calls it after
core.lock_conversation.
$$;
