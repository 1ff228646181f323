CREATE OR REPLACE FUNCTION api.send_message(
    p_session_id uuid, p_sender_type text, p_sender_id uuid, p_client_message_id text,
    p_body text)
RETURNS TABLE (message jsonb, is_repeat boolean, customer_id uuid, mitra_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_message core.chat_messages;
    v_seq bigint;
    v_fault text := core.message_fault(p_client_message_id, p_body);
BEGIN
    -- Judge what needs no lock.
    PERFORM core.require('session_id', p_session_id::text, 'sender_type', p_sender_type,
        'sender_id', p_sender_id::text, 'client_message_id', p_client_message_id,
        'body', p_body);
    PERFORM core.require_party(p_session_id, p_sender_type, p_sender_id);
    PERFORM core.require_active(mitra) FROM core.mitras AS mitra
    WHERE p_sender_type = 'mitra' AND mitra.id = p_sender_id;
    IF v_fault = 'client_message_id' THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'client_message_id has 1 to 100 characters.', 'Use a UUID.', v_fault);
    ELSIF v_fault = 'body' THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A message has 1 to 4000 characters, not all of them blank.', 'Split a longer one.',
            v_fault);
    END IF;

    -- Take the next number, unless it is a repeat. The counter's row is the lock of the
    -- conversation: its messages come after each other.
    v_session := core.read_session(p_session_id);
    v_message := core.sent_message(v_session, p_sender_id, p_client_message_id, p_body);
    IF v_message.seq IS NULL THEN
        INSERT INTO core.message_counters AS counter (session_id, last_seq)
        VALUES (p_session_id, 1)
        ON CONFLICT (session_id) DO UPDATE SET last_seq = counter.last_seq + 1
        RETURNING last_seq INTO v_seq;
        -- After a wait for the number, look again: a twin of this message may have come first.
        v_message := core.sent_message(v_session, p_sender_id, p_client_message_id, p_body);
    END IF;

    -- A repeat gets the message as it was sent, and gives its number back: seq has no gaps.
    IF v_message.seq IS NOT NULL THEN
        UPDATE core.message_counters AS counter SET last_seq = counter.last_seq - 1
        WHERE counter.session_id = p_session_id AND v_seq IS NOT NULL;
        PERFORM core.prove_presence(p_sender_id) WHERE p_sender_type = 'mitra';
        RETURN QUERY
        SELECT core.message_json(v_message), true, v_session.customer_id, v_session.mitra_id;
        RETURN;
    END IF;

    -- Judge the session and the clock as they are after the wait, then write.
    PERFORM core.require_conversation(p_session_id, p_sender_type, p_sender_id);
    INSERT INTO core.chat_messages (
        session_day, session_id, seq, sender_type, sender_id, client_message_id, body)
    VALUES (
        core.session_day(v_session), p_session_id, v_seq, p_sender_type, p_sender_id,
        p_client_message_id, p_body)
    RETURNING * INTO v_message;
    PERFORM core.settle_if_free(p_session_id);
    RETURN QUERY
    SELECT core.message_json(v_message), false, v_session.customer_id, v_session.mitra_id;
END
$$;

COMMENT ON FUNCTION api.send_message(uuid, text, uuid, text, text) IS $$
A party says something: p_body of 1 to 4000 characters, under p_client_message_id of its own
choice. The id makes a repeat harmless: the same message comes back, with is_repeat. Ids are each
person's own: after a reroute the next mitra may use the ids of the former mitra. The number seq
has no gaps within a session. Returns the message and the parties to be told; the caller tells them
after the commit, because a conversation must not wait for notifications.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403, SESSION_PAUSED 409 (an
extension waits for its answer), SESSION_NOT_ACTIVE 409, MESSAGE_ID_REUSED 409 (the same id for
another body).
Notifies: nothing; for the first message after the end of the clock, mitra_mirror, pairing,
deadlines, events (session_closing).
$$;
GRANT EXECUTE ON FUNCTION api.send_message(uuid, text, uuid, text, text) TO halo_app;
