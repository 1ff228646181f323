CREATE OR REPLACE FUNCTION core.is_open(p_status text)
RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
SELECT p_status NOT IN ('completed', 'cancelled', 'failed')
$$;

COMMENT ON FUNCTION core.is_open(text) IS $$
Whether a session in this status is still going on, in any way. No index serves a query that asks
this: a query that needs chat_sessions_open writes out the statuses of that index.
$$;
