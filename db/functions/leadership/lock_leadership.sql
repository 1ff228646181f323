CREATE OR REPLACE FUNCTION core.lock_leadership(p_name text)
RETURNS core.leaderships
LANGUAGE sql VOLATILE
AS $$
SELECT lease FROM core.leaderships AS lease WHERE lease.name = p_name FOR NO KEY UPDATE
$$;

COMMENT ON FUNCTION core.lock_leadership(text) IS $$
Locks the lease of p_name and returns it; null when nobody ever led. The caller reads the clock
afterwards.
$$;
