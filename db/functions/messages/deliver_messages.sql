CREATE OR REPLACE FUNCTION api.deliver_messages(
    p_session_ids uuid[], p_parties text[], p_user_ids uuid[], p_after_seqs bigint[],
    p_seqs bigint[])
RETURNS TABLE (session_id uuid, delivered_seq bigint, other_type text, other_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    PERFORM core.require('session_ids', p_session_ids::text, 'parties', p_parties::text,
        'user_ids', p_user_ids::text, 'after_seqs', p_after_seqs::text, 'seqs', p_seqs::text);

    -- One mark for each session and party, never beyond the last message. Somebody who is no
    -- party any more has no mark.
    RETURN QUERY
    WITH delivered AS (
        INSERT INTO core.message_watermarks AS mark (session_id, party, user_id, delivered_seq)
        SELECT said.session_id, said.party, said.user_id,
            least(max(said.seq), min(counter.last_seq))
        FROM unnest(p_session_ids, p_parties, p_user_ids, p_after_seqs, p_seqs)
            AS said (session_id, party, user_id, after, seq)
        JOIN core.message_counters AS counter ON counter.session_id = said.session_id
        JOIN core.chat_sessions AS session ON session.id = said.session_id
            AND said.user_id = CASE said.party
                WHEN 'customer' THEN session.customer_id ELSE session.mitra_id END
        LEFT JOIN core.message_watermarks AS before
            ON before.session_id = said.session_id AND before.party = said.party
            AND coalesce(before.user_id, said.user_id) = said.user_id
        -- It counts when it goes on where the mark stands, or when only messages of the same
        -- person lie between: those need no delivery.
        WHERE said.after <= coalesce(before.delivered_seq, 0)
            OR NOT EXISTS (
                SELECT FROM core.chat_messages AS missing
                WHERE missing.session_id = session.id
                    AND missing.session_day = core.session_day(session)
                    AND missing.seq > coalesce(before.delivered_seq, 0)
                    AND missing.seq <= said.after
                    AND missing.sender_id <> said.user_id)
        GROUP BY said.session_id, said.party, said.user_id
        ORDER BY said.session_id, said.party
        -- The mark of the mitra before a reroute gives way to the mark of the present mitra.
        ON CONFLICT ON CONSTRAINT message_watermarks_pkey DO UPDATE
        SET user_id = excluded.user_id, delivered_seq = excluded.delivered_seq,
            updated_at = clock_timestamp(),
            read_seq = CASE
                WHEN coalesce(mark.user_id, excluded.user_id) = excluded.user_id THEN mark.read_seq
                ELSE 0 END
        WHERE CASE WHEN coalesce(mark.user_id, excluded.user_id) = excluded.user_id
            THEN mark.delivered_seq < excluded.delivered_seq
            ELSE core.is_party(mark.session_id, mark.party, excluded.user_id) END
        RETURNING mark.session_id, mark.party, mark.delivered_seq
    )
    SELECT delivered.session_id, delivered.delivered_seq,
        CASE delivered.party WHEN 'customer' THEN 'mitra' ELSE 'customer' END,
        CASE delivered.party WHEN 'customer' THEN session.mitra_id ELSE session.customer_id END
    FROM delivered
    JOIN core.chat_sessions AS session ON session.id = delivered.session_id;
END
$$;

COMMENT ON FUNCTION api.deliver_messages(uuid[], text[], uuid[], bigint[], bigint[]) IS $$
Messages have reached a device. Of each session, the party in p_parties (customer or mitra), which
is the user in p_user_ids, has received every message after its p_after_seqs entry, up to its
p_seqs entry. Counts only where no undelivered message of another person lies before that. Never
goes back; the next mitra of a rerouted session begins anew. Returns what is news, and the other
party, which the caller tells.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.deliver_messages(uuid[], text[], uuid[], bigint[], bigint[])
TO halo_app;
