CREATE OR REPLACE FUNCTION api.note_heartbeats(p_mitra_ids uuid[])
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT api.copy_heartbeats(p_mitra_ids, array(SELECT clock_timestamp() FROM unnest(p_mitra_ids)))
$$;

COMMENT ON FUNCTION api.note_heartbeats(uuid[]) IS $$
These mitras beat now, by signs that nobody answers: the pongs of their sockets while Valkey cannot
record them. Of a mitra that is not online it is no heartbeat, and a row that is busy waits for its
next sign. Returns how many were recorded.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.note_heartbeats(uuid[]) TO halo_app;
