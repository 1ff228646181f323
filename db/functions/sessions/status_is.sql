CREATE OR REPLACE FUNCTION core.status_is(p_status text, VARIADIC p_any text[])
RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE WHEN p_status = ANY (p_any) THEN true ELSE false END
$$;

COMMENT ON FUNCTION core.status_is(text, text[]) IS $$
Whether a status is among these, asked of a row that is found by its id or its session. As a CASE it
fits the predicate of no index: an index of all rows with a status looks small, so PostgreSQL would
read it whole rather than go by the id, and while somebody holds the horizon it is not small.
$$;
