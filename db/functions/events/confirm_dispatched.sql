CREATE OR REPLACE FUNCTION api.confirm_dispatched(p_recipients text[], p_seqs bigint[])
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    PERFORM core.require('recipients', p_recipients::text, 'seqs', p_seqs::text);
    UPDATE core.event_positions AS position SET seq = greatest(position.seq, taken.seq)
    FROM unnest(p_recipients, p_seqs) AS taken (recipient, seq)
    WHERE position.recipient = taken.recipient;
    PERFORM core.forget_notes(p_recipients);
END
$$;

COMMENT ON FUNCTION api.confirm_dispatched(text[], bigint[]) IS $$
Moves the positions of claimed streams to what Valkey took; called in the transaction of api.claim_events. What it did not take is claimed
again. Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.confirm_dispatched(text[], bigint[]) TO halo_listener;
