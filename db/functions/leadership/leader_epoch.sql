CREATE OR REPLACE FUNCTION api.leader_epoch(p_name text)
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('name', p_name);
SELECT epoch FROM core.leaderships WHERE name = p_name
$$;

COMMENT ON FUNCTION api.leader_epoch(text) IS 'The present epoch of p_name; null when nobody has led it yet. Raises: VALIDATION_ERROR 422.';
GRANT EXECUTE ON FUNCTION api.leader_epoch(text) TO halo_listener, halo_cc, halo_app;
