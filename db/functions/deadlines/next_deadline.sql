CREATE OR REPLACE FUNCTION api.next_deadline()
RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT least(
    (SELECT min(due_at) FROM core.deadlines()),
    -- An extension is a listener's before it is run_due's.
    (SELECT min(expires_at) FROM core.session_extensions
     WHERE status = 'pending' AND expires_at
         >= core.due_from() - core.config_seconds('extension_settle_grace_seconds')))
$$;

COMMENT ON FUNCTION api.next_deadline() IS
'When the nearest deadline is; null when there is none. Raises nothing.';
GRANT EXECUTE ON FUNCTION api.next_deadline() TO halo_app, halo_listener, halo_cc;
