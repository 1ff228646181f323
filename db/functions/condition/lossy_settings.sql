CREATE OR REPLACE FUNCTION api.lossy_settings()
RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT wanted.name
FROM unnest(ARRAY['fsync', 'full_page_writes', 'synchronous_commit']) AS wanted (name)
WHERE current_setting(wanted.name) = 'off'
$$;

COMMENT ON FUNCTION api.lossy_settings() IS $$
The settings by which a commit that this server acknowledges to the asking role may be lost at a
crash: those of fsync, full_page_writes and synchronous_commit that are off. None when all is well.
Raises and notifies nothing.
$$;
GRANT EXECUTE ON FUNCTION api.lossy_settings() TO halo_listener;
