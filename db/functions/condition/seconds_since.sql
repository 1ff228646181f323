CREATE OR REPLACE FUNCTION core.seconds_since(p_at timestamptz)
RETURNS double precision
LANGUAGE sql VOLATILE
AS $$
SELECT greatest(0, coalesce(extract(epoch FROM clock_timestamp() - p_at), 0))::double precision
$$;

COMMENT ON FUNCTION core.seconds_since(timestamptz) IS $$
How many seconds ago p_at was; 0 for null and for a time still to come.
$$;
