CREATE OR REPLACE FUNCTION api.claim_data_export()
RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
UPDATE core.data_exports SET again_at = clock_timestamp() + interval '1 minute'
WHERE id = (
    SELECT export.id FROM core.data_exports AS export
    WHERE export.ready_at IS NULL AND export.again_at <= clock_timestamp()
    ORDER BY export.again_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
$$;

COMMENT ON FUNCTION api.claim_data_export() IS $$
The export that has waited longest for its next step; null = none. It is set aside for a minute,
until api.make_data_export succeeds: so one that fails, or whose maker died, holds up no other.
Raises and notifies nothing.
$$;
GRANT EXECUTE ON FUNCTION api.claim_data_export() TO halo_listener;
