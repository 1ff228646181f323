CREATE OR REPLACE FUNCTION core.message_figures(p_message core.chat_messages)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT 'messages', date_trunc('minute', p_message.created_at), 0, 1::bigint
$$;

COMMENT ON FUNCTION core.message_figures(core.chat_messages) IS
'What a message counts for: one message.';
