CREATE OR REPLACE FUNCTION api.config()
RETURNS TABLE (
    key text,
    value jsonb,
    type text,
    minimum integer,
    maximum integer,
    choices text[],
    description text,
    version integer,
    updated_by text,
    updated_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT
    known.key, config.value, known.type, known.minimum, known.maximum, known.choices,
    known.description, config.version, config.updated_by, config.updated_at
FROM core.config_keys() AS known
JOIN core.app_config AS config ON config.key = known.key
ORDER BY known.key
$$;

COMMENT ON FUNCTION api.config() IS $$
Every configuration key with its value, type, range, meaning and version, and who changed it last.
Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.config() TO halo_cc;
