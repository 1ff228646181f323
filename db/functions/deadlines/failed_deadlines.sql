CREATE OR REPLACE FUNCTION api.failed_deadlines()
RETURNS TABLE (
    kind text, id uuid, failures integer, began_at timestamptz, failed_at timestamptz,
    again_at timestamptz, error text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT failed.kind, failed.id, failed.failures, failed.began_at, failed.failed_at, failed.again_at,
    failed.error
FROM core.failed_deadlines AS failed
ORDER BY failed.began_at, failed.kind, failed.id
$$;

COMMENT ON FUNCTION api.failed_deadlines() IS $$
Due work that failed and is left out until it is tried again, longest first. id: the session; the
payment request for a link, or for money, for which no search waits; the mitra for kind silence.
failures: how often it failed in a row. began_at, failed_at, again_at: since when, when last, and
when it is tried again. error: what PostgreSQL said.
Raises nothing. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.failed_deadlines() TO halo_app, halo_listener, halo_cc;
