CREATE OR REPLACE FUNCTION core.anyone_available(
    p_has_candidate boolean, p_except uuid[] DEFAULT '{}')
RETURNS boolean
LANGUAGE sql STABLE
AS $$
-- A mitra that went online a moment ago may not be mirrored yet, so a no is doubted. PostgreSQL may
-- name it: its copy of a heartbeat is never later than the true one.
-- Valkey does not know whom a block keeps away.
SELECT CASE WHEN p_has_candidate AND p_except = '{}' THEN true ELSE EXISTS (
    SELECT FROM core.best_available(1, CASE WHEN NOT p_has_candidate
        THEN clock_timestamp() - core.config_seconds('heartbeat_stale_seconds') END, p_except)) END
$$;

COMMENT ON FUNCTION core.anyone_available(boolean, uuid[]) IS $$
Whether a mitra, not one of p_except, could take a session now. p_has_candidate is what Valkey says,
null when it cannot answer. A no of Valkey is doubted: PostgreSQL is asked, too.
$$;
