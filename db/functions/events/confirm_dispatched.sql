CREATE OR REPLACE FUNCTION api.confirm_dispatched(p_recipients text[], p_seqs bigint[])
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
UPDATE core.event_positions AS position SET seq = greatest(position.seq, taken.seq)
FROM unnest(p_recipients, p_seqs) AS taken (recipient, seq)
WHERE position.recipient = taken.recipient
$$;

COMMENT ON FUNCTION api.confirm_dispatched(text[], bigint[]) IS
'Moves the positions of claimed streams to what Valkey took; called in the transaction of api.claim_events. Raises and notifies nothing.';
GRANT EXECUTE ON FUNCTION api.confirm_dispatched(text[], bigint[]) TO halo_listener;
