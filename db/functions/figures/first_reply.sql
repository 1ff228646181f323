CREATE OR REPLACE FUNCTION core.first_reply(p_session_id uuid, p_round integer)
RETURNS TABLE (at timestamptz, seconds double precision)
LANGUAGE sql STABLE
AS $$
SELECT reply.created_at,
    extract(epoch FROM reply.created_at - greatest(won.settled_at, session.started_at))::float8
FROM core.chat_sessions AS session
JOIN core.pairing_offers AS won
    ON won.session_id = session.id AND won.round = p_round AND won.status = 'accepted'
CROSS JOIN LATERAL (
    SELECT message.created_at FROM core.chat_messages AS message
    WHERE message.session_id = session.id AND message.session_day = core.session_day(session)
        AND message.sender_type = 'mitra' AND message.sender_id = won.mitra_id
        AND message.created_at >= greatest(won.settled_at, session.started_at)
    ORDER BY message.seq LIMIT 1
) AS reply
WHERE session.id = p_session_id
$$;

COMMENT ON FUNCTION core.first_reply(uuid, integer) IS $$
When the mitra of this round first wrote, and how many seconds after the clock had begun to run for
that mitra. No row when the mitra has not written.
$$;
