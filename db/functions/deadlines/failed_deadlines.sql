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
Due work that failed and is left out until it is tried again, longest first: its kind; the session,
or for a link or money that no search waits for the payment request, or for kind silence the mitra;
how often it failed in a row, since when, when last, when it is tried again; and what PostgreSQL
said.
Raises nothing. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.failed_deadlines() TO halo_app, halo_listener, halo_cc;
