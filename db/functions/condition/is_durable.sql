CREATE OR REPLACE FUNCTION api.is_durable()
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'
    AND current_setting('synchronous_commit') <> 'off'
$$;

COMMENT ON FUNCTION api.is_durable() IS $$
Whether a commit that this server acknowledges to the asking role outlives a crash, by its settings
fsync, full_page_writes and synchronous_commit.
Raises and notifies nothing.
$$;
GRANT EXECUTE ON FUNCTION api.is_durable() TO halo_listener;
