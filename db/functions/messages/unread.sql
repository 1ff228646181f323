CREATE OR REPLACE FUNCTION core.unread(p_session core.chat_sessions, p_party text)
RETURNS bigint
LANGUAGE sql STABLE
AS $$
SELECT count(*)
FROM (
    SELECT CASE p_party WHEN 'customer' THEN p_session.customer_id ELSE p_session.mitra_id END
) AS party (user_id)
JOIN core.chat_messages AS message ON true
WHERE message.session_id = p_session.id AND message.session_day = core.session_day(p_session)
    AND message.sender_id <> party.user_id
    AND message.seq > coalesce((
        SELECT mark.read_seq FROM core.message_watermarks AS mark
        WHERE mark.session_id = p_session.id AND mark.party = p_party
            AND coalesce(mark.user_id, party.user_id) = party.user_id), 0)
$$;

COMMENT ON FUNCTION core.unread(core.chat_sessions, text) IS
'How many messages of others the user who is a party of the session now has not read.';
