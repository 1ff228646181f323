CREATE OR REPLACE FUNCTION api.deliver_messages(p_session_ids uuid[], p_parties text[], p_seqs bigint[])
RETURNS TABLE (session_id uuid, delivered_seq bigint, other_type text, other_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    PERFORM core.require('session_ids', p_session_ids::text, 'parties', p_parties::text, 'seqs', p_seqs::text);
    RETURN QUERY
    WITH delivered AS (
        INSERT INTO core.message_watermarks AS mark (session_id, party, delivered_seq)
        SELECT said.session_id, said.party, least(max(said.seq), min(counter.last_seq))
        FROM unnest(p_session_ids, p_parties, p_seqs) AS said (session_id, party, seq)
        JOIN core.message_counters AS counter ON counter.session_id = said.session_id
        GROUP BY said.session_id, said.party
        ORDER BY said.session_id, said.party
        ON CONFLICT ON CONSTRAINT message_watermarks_pkey DO UPDATE
        SET delivered_seq = excluded.delivered_seq, updated_at = clock_timestamp()
        WHERE mark.delivered_seq < excluded.delivered_seq
        RETURNING mark.session_id, mark.party, mark.delivered_seq
    )
    SELECT delivered.session_id, delivered.delivered_seq,
        CASE delivered.party WHEN 'customer' THEN 'mitra' ELSE 'customer' END,
        CASE delivered.party WHEN 'customer' THEN session.mitra_id ELSE session.customer_id END
    FROM delivered
    JOIN core.chat_sessions AS session ON session.id = delivered.session_id;
END
$$;

COMMENT ON FUNCTION api.deliver_messages(uuid[], text[], bigint[]) IS $$
Messages have reached a device: of each session, its p_parties entry (customer or mitra) has received up to its p_seqs entry. Never goes
back. Returns what is news, and the other party, whom the caller tells.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.deliver_messages(uuid[], text[], bigint[]) TO halo_app;
