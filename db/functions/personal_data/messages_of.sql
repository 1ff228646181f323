CREATE OR REPLACE FUNCTION core.messages_of(
    p_user_type text, p_user_id uuid, p_after text, p_limit integer)
RETURNS SETOF core.chat_messages
LANGUAGE sql STABLE
AS $$
-- Session by session, so that the conversations before p_after are not read.
SELECT message.*
FROM (
    SELECT session.id, core.session_day(session) AS day, own.until
    FROM core.own_sessions(p_user_type, p_user_id) AS own
    JOIN core.chat_sessions AS session ON session.id = own.session_id
    WHERE own.session_id >= coalesce(nullif(split_part(p_after, ' ', 1), '')::uuid,
        '00000000-0000-0000-0000-000000000000')
    ORDER BY session.id
) AS session
CROSS JOIN LATERAL (
    SELECT * FROM core.chat_messages AS message
    WHERE message.session_id = session.id AND message.session_day = session.day
        AND (p_after = '' OR session.id > split_part(p_after, ' ', 1)::uuid
            OR message.seq > split_part(p_after, ' ', 2)::bigint)
        AND (message.sender_id = p_user_id
            OR message.sender_type <> p_user_type AND message.created_at < session.until)
    ORDER BY message.seq LIMIT p_limit
) AS message
ORDER BY message.session_id, message.seq
LIMIT p_limit
$$;

COMMENT ON FUNCTION core.messages_of(text, uuid, text, integer) IS $$
The next messages of somebody's conversations after a key of core.place_statement: the person's own
and those of the other party. What another mitra of a rerouted session wrote is not among them, nor
what the customer wrote to a mitra after this one.
$$;
