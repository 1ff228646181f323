CREATE OR REPLACE FUNCTION api.claim_replay()
RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
-- A replay that can't be made ends, and takes no turn for ever.
UPDATE core.replays SET ended_at = clock_timestamp(), is_cancelled = true
WHERE ended_at IS NULL AND requested_at <= clock_timestamp() - interval '1 day';

UPDATE core.replays SET again_at = clock_timestamp() + interval '1 minute'
WHERE id = (
    SELECT open.id FROM core.replays AS open
    WHERE open.ended_at IS NULL AND open.again_at <= clock_timestamp()
    ORDER BY open.again_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
$$;

COMMENT ON FUNCTION api.claim_replay() IS $$
The replay that has waited longest for its next part; null = none. It is set aside for a minute,
until api.make_replay succeeds. A replay that is not done a day after it was asked for is cancelled.
Raises and notifies nothing.
$$;
GRANT EXECUTE ON FUNCTION api.claim_replay() TO halo_listener;
