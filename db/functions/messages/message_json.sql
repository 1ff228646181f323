CREATE OR REPLACE FUNCTION core.message_json(p_message core.chat_messages)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'session_id', p_message.session_id, 'seq', p_message.seq,
    'sender_type', p_message.sender_type, 'sender_id', p_message.sender_id,
    'client_message_id', p_message.client_message_id, 'body', p_message.body,
    'created_at', core.instant(p_message.created_at))
$$;

COMMENT ON FUNCTION core.message_json(core.chat_messages) IS 'A message as its parties see it.';
