CREATE OR REPLACE FUNCTION api.push_again(
    p_user_type text, p_user_id uuid, p_seconds double precision, p_session_ids uuid[],
    p_seqs bigint[])
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_since timestamptz;
    v_events integer;
    v_messages integer;
BEGIN
    PERFORM core.require('user_type', p_user_type, 'user_id', p_user_id::text,
        'seconds', p_seconds::text, 'session_ids', p_session_ids::text, 'seqs', p_seqs::text);
    v_since := v_now - make_interval(secs => least(p_seconds, 3600));

    -- Events: they were not pushed, because the user seemed to have a socket.
    UPDATE core.pushes SET status = 'queued', settled_at = NULL, next_attempt_at = v_now
    WHERE id IN (
        SELECT push.id FROM core.pushes AS push
        WHERE push.recipient = p_user_type || ':' || p_user_id AND push.created_at >= v_since
            AND push.settled_at >= v_since AND push.expires_at > v_now
            AND push.status = 'connected' AND push.type <> 'message'
        FOR NO KEY UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_events = ROW_COUNT;

    -- Messages: for each session, the newest message of the other party that no device of this
    -- user has received.
    SELECT coalesce(sum(api.queue_message_push(session.id, missed.seq)), 0) INTO v_messages
    FROM unnest(p_session_ids, p_seqs) AS sent (session_id, seq)
    JOIN core.chat_sessions AS session ON session.id = sent.session_id
        AND p_user_id = CASE p_user_type
            WHEN 'customer' THEN session.customer_id ELSE session.mitra_id END
    CROSS JOIN LATERAL (
        SELECT max(message.seq) AS seq FROM core.chat_messages AS message
        WHERE message.session_id = session.id
            AND message.session_day = core.session_day(session)
            AND message.seq <= sent.seq AND message.sender_type <> p_user_type
            AND message.seq > coalesce((
                SELECT mark.delivered_seq FROM core.message_watermarks AS mark
                WHERE mark.session_id = session.id AND mark.party = p_user_type
                    AND coalesce(mark.user_id, p_user_id) = p_user_id), 0)
    ) AS missed
    WHERE missed.seq IS NOT NULL;
    RETURN v_events + v_messages;
END
$$;

COMMENT ON FUNCTION api.push_again(text, uuid, double precision, uuid[], bigint[]) IS $$
A socket died without closing, p_seconds after it last answered. The pushes of that time that were
not sent because of it are queued again, and so is a push for each session of p_session_ids with
messages, up to the p_seqs entry, that no device has answered for. Called when the user has no
other socket. What is over is not sent. Returns how many pushes were queued.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.push_again(text, uuid, double precision, uuid[], bigint[])
TO halo_app;
