CREATE OR REPLACE FUNCTION api.list_config()
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT jsonb_build_object(
    'items', jsonb_agg(core.config_json(config.key) ORDER BY config.key), 'next_cursor', NULL)
FROM core.app_config AS config
JOIN core.config_keys() AS known ON known.key = config.key
$$;

COMMENT ON FUNCTION api.list_config() IS $$
{items, next_cursor}: every rule of the business with its value, default, type, unit, range, meaning
and version, and who set it last. api.config has rows, without unit and default. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_config() TO halo_cc;
