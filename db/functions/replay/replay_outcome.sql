CREATE OR REPLACE FUNCTION core.replay_outcome(
    p_mitra_id uuid, p_asked uuid[], p_gives_up_after interval)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE
    WHEN p_mitra_id IS NOT NULL THEN 'paired'
    WHEN p_gives_up_after IS NOT NULL THEN 'cancelled'
    WHEN p_asked <> '{}' THEN 'not_accepted'
    ELSE 'no_mitra_available' END
$$;

COMMENT ON FUNCTION core.replay_outcome(uuid, uuid[], interval) IS $$
How a replayed search came out: paired with a mitra, given up by its customer, or failed by a cause.
$$;
