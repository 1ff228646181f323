CREATE OR REPLACE FUNCTION api.list_config(p_limit integer DEFAULT NULL, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.page_of(
    jsonb_agg(core.config_json(config.key) ORDER BY config.key), p_limit, p_cursor)
FROM core.app_config AS config
JOIN core.config_keys() AS known ON known.key = config.key
$$;

COMMENT ON FUNCTION api.list_config(integer, text) IS $$
{items, next_cursor}: every rule of the business with its value, default, type, unit, range, meaning
and version, and who set it last; p_limit (1 to 200, null = all) a page. api.config has rows,
without unit and default.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_config(integer, text) TO halo_cc;
