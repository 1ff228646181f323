CREATE OR REPLACE FUNCTION api.horizon()
RETURNS TABLE (held_seconds double precision, transactions integer, dead_rows bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT coalesce(extract(epoch FROM horizon.held_for), 0)::double precision,
    coalesce(horizon.transactions, 0), horizon.dead_rows
FROM ops.horizon() AS horizon
$$;

COMMENT ON FUNCTION api.horizon() IS $$
For how many seconds, and how many transactions, the horizon has been held, 0 when nobody holds it
or PostgreSQL does not show since when; and how many dead rows there are (ops.horizon).
Raises nothing. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.horizon() TO halo_listener;
