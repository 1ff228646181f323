CREATE OR REPLACE FUNCTION core.anyone_available(p_beacon boolean)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
-- A mitra that went online a moment ago may not be mirrored yet, so a no is doubted. PostgreSQL may
-- name it: its copy of a heartbeat is never later than the true one.
SELECT CASE WHEN p_beacon THEN true ELSE EXISTS (
    SELECT FROM core.best_available(1, CASE WHEN NOT p_beacon
        THEN clock_timestamp() - core.config_seconds('heartbeat_stale_seconds') END)) END
$$;

COMMENT ON FUNCTION core.anyone_available(boolean) IS $$
Whether a mitra could take a session now. p_beacon is what Valkey says, null when it cannot answer.
A no of Valkey is doubted: PostgreSQL is asked, too.
$$;
