CREATE OR REPLACE FUNCTION api.send_messages(
    p_session_ids uuid[], p_sender_types text[], p_sender_ids uuid[],
    p_client_message_ids text[], p_bodies text[])
RETURNS TABLE (session_id uuid, message jsonb, is_repeat boolean, customer_id uuid, mitra_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_counted uuid[];
    v_seqs bigint[];
BEGIN
    PERFORM core.require('session_ids', cardinality(p_session_ids)::text,
        'sender_types', cardinality(p_sender_types)::text,
        'sender_ids', cardinality(p_sender_ids)::text,
        'client_message_ids', cardinality(p_client_message_ids)::text,
        'bodies', cardinality(p_bodies)::text);

    -- Lock the conversations that are free. Nobody waits for a conversation into which somebody
    -- else writes at this moment.
    SELECT array_agg(counter.session_id), array_agg(counter.last_seq + 1) INTO v_counted, v_seqs
    FROM (
        SELECT * FROM core.message_counters AS counter
        WHERE counter.session_id = ANY (p_session_ids)
        ORDER BY counter.session_id FOR NO KEY UPDATE SKIP LOCKED
    ) AS counter;

    -- said: the first message of each session; its next messages come after it, one by one.
    RETURN QUERY
    WITH said AS (
        SELECT DISTINCT ON (said.session_id) said.*
        FROM unnest(
            p_session_ids, p_sender_types, p_sender_ids, p_client_message_ids, p_bodies
        ) WITH ORDINALITY
            AS said (session_id, sender_type, sender_id, client_message_id, body, number)
        WHERE core.message_fault(said.client_message_id, said.body) IS NULL
        ORDER BY said.session_id, said.number
    ), sent AS (
        -- A session past its time is left out: api.send_message settles it by the way. So is a
        -- repeat, which conflicts with the message as it was sent.
        INSERT INTO core.chat_messages AS line (
            session_day, session_id, seq, sender_type, sender_id, client_message_id, body)
        SELECT core.session_day(session), session.id, counted.seq, said.sender_type,
            said.sender_id, said.client_message_id, said.body
        FROM unnest(v_counted, v_seqs) AS counted (session_id, seq)
        JOIN said ON said.session_id = counted.session_id
        JOIN core.chat_sessions AS session ON session.id = counted.session_id
        LEFT JOIN core.mitras AS mitra ON mitra.id = session.mitra_id
        WHERE core.may_speak(
                session, said.sender_type, said.sender_id, mitra.is_active, clock_timestamp())
            AND core.settled_status(session, clock_timestamp()) = session.status
        ON CONFLICT DO NOTHING
        RETURNING line.session_id, line.seq, core.message_json(line) AS message
    ), numbered AS (
        UPDATE core.message_counters AS counter SET last_seq = sent.seq
        FROM sent WHERE counter.session_id = sent.session_id
    )
    SELECT sent.session_id, sent.message, false, session.customer_id, session.mitra_id
    FROM sent JOIN core.chat_sessions AS session ON session.id = sent.session_id;
END
$$;

COMMENT ON FUNCTION api.send_messages(uuid[], text[], uuid[], text[], text[]) IS $$
Many messages at once, each as api.send_message sends it, for little more than the cost of one
transaction. It sends the first new message of each session, when nothing stands against it, the
session has messages already, and nobody else writes into it at this moment. Every other message is
left out: the caller sends it with api.send_message, alone, and is told there what stands against
it.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.send_messages(uuid[], text[], uuid[], text[], text[]) TO halo_app;
