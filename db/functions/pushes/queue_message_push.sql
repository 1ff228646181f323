CREATE OR REPLACE FUNCTION api.queue_message_push(p_session_id uuid, p_seq bigint)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_message core.chat_messages;
    v_to_type text;
    v_to_id uuid;
    v_frame jsonb;
    v_devices integer;
BEGIN
    -- Find the message, and the party to be told.
    PERFORM core.require('session_id', p_session_id::text, 'seq', p_seq::text);
    SELECT * INTO v_session FROM core.chat_sessions WHERE id = p_session_id;
    SELECT * INTO v_message FROM core.chat_messages
    WHERE session_id = p_session_id AND seq = p_seq AND session_day = core.session_day(v_session);
    IF v_message.seq IS NULL THEN
        PERFORM core.refuse_unknown('message');
    END IF;
    v_to_type := CASE v_message.sender_type WHEN 'customer' THEN 'mitra' ELSE 'customer' END;
    v_to_id := CASE v_to_type
        WHEN 'customer' THEN v_session.customer_id ELSE v_session.mitra_id END;

    -- A repeat of the message has its push already. A push that was left out because of a
    -- socket does not count.
    IF EXISTS (
        SELECT FROM core.pushes AS push
        WHERE push.recipient = v_to_type || ':' || v_to_id
            AND push.created_at >= v_message.created_at
            AND push.type = 'message'
            AND push.status <> 'connected'
            AND push.payload ->> 'session_id' = p_session_id::text
            AND (push.payload ->> 'seq')::bigint = p_seq)
    THEN
        RETURN 0;
    END IF;

    -- A push holds 4096 bytes, and nobody reads more on a lock screen.
    v_message.body := left(v_message.body, 700);
    v_frame := core.message_json(v_message) || jsonb_build_object('type', 'message');

    -- Queue a push for each device, in place of a push still queued for an earlier message.
    WITH superseded AS (
        UPDATE core.pushes SET status = 'cancelled', settled_at = clock_timestamp()
        WHERE id IN (
            SELECT push.id FROM core.push_tokens AS known
            JOIN core.pushes AS push ON push.token = known.token AND push.status = 'queued'
                AND push.collapse_key = core.push_collapse_key('message', v_frame)
            WHERE known.user_type = v_to_type AND known.user_id = v_to_id
            FOR NO KEY UPDATE OF push SKIP LOCKED)
    )
    INSERT INTO core.pushes (recipient, token, type, payload, collapse_key, expires_at)
    SELECT known.user_type || ':' || known.user_id, known.token, 'message', v_frame,
        core.push_collapse_key('message', v_frame),
        core.push_expiry('message', v_frame, clock_timestamp())
    FROM core.push_tokens AS known
    WHERE known.user_type = v_to_type AND known.user_id = v_to_id
        AND core.may_be_pushed(v_to_type, v_to_id);
    GET DIAGNOSTICS v_devices = ROW_COUNT;
    RETURN v_devices;
END
$$;

COMMENT ON FUNCTION api.queue_message_push(uuid, bigint) IS $$
Queues a push of message p_seq for the party that did not send it, one for each of its devices, in
place of a push still queued for an earlier message of the session. Called after the commit of the
message when that party has no socket, and again when the socket that it seemed to have was dead;
looked at within a second. Also called for a repeat of the message, which queues nothing more.
Returns the number of devices, 0 when there is none. The push carries the first 700 characters.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.queue_message_push(uuid, bigint) TO halo_app;
