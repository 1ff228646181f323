CREATE OR REPLACE FUNCTION api.prune_parts()
RETURNS SETOF text
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT part FROM core.prunings()
$$;

COMMENT ON FUNCTION api.prune_parts() IS
'The parts that api.prune deletes, each in calls of its own. Raises nothing.';
GRANT EXECUTE ON FUNCTION api.prune_parts() TO halo_listener;
