CREATE OR REPLACE FUNCTION core.sent_message(
    p_session core.chat_sessions, p_sender_id uuid, p_client_message_id text, p_body text)
RETURNS core.chat_messages
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_message core.chat_messages;
BEGIN
    SELECT * INTO v_message FROM core.chat_messages
    WHERE session_id = p_session.id AND session_day = core.session_day(p_session)
        AND sender_id = p_sender_id AND client_message_id = p_client_message_id;
    IF v_message.body <> p_body THEN
        PERFORM core.refuse('MESSAGE_ID_REUSED',
            'This client_message_id was used for another message of this session.',
            'Make a new id for a new message.', 'client_message_id');
    END IF;
    RETURN v_message;
END
$$;

COMMENT ON FUNCTION core.sent_message(core.chat_sessions, uuid, text, text) IS $$
The message that this person sent under this id, or a null row.
Raises: MESSAGE_ID_REUSED 409, when it said something else.
$$;
