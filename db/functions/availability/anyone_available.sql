CREATE OR REPLACE FUNCTION core.anyone_available(p_beacon boolean)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT CASE
    WHEN p_beacon THEN true
    WHEN p_beacon IS NULL THEN EXISTS (SELECT FROM core.available_mitras())
    -- A mitra that went online a moment ago may not be mirrored yet. PostgreSQL may name it: its
    -- copy of a heartbeat is never later than the true one.
    ELSE EXISTS (
        SELECT FROM core.available_mitras(
            clock_timestamp() - core.config_seconds('heartbeat_stale_seconds')))
END
$$;

COMMENT ON FUNCTION core.anyone_available(boolean) IS $$
Whether a mitra could take a session now. p_beacon is what Valkey says, null when it cannot answer.
A no of Valkey is doubted: PostgreSQL is asked, too.
$$;
