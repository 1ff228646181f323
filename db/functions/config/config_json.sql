CREATE OR REPLACE FUNCTION core.config_json(p_key text)
RETURNS jsonb
LANGUAGE sql STABLE STRICT
AS $$
SELECT jsonb_build_object(
    'key', known.key,
    'value', config.value,
    'default_value', known.default_value,
    'type', known.type,
    'unit', core.config_unit(known.key),
    'minimum', known.minimum,
    'maximum', known.maximum,
    'choices', known.choices,
    'description', known.description,
    'version', config.version,
    'updated_by', config.updated_by,
    'updated_at', core.instant(config.updated_at))
FROM core.config_keys() AS known
JOIN core.app_config AS config ON config.key = known.key
WHERE known.key = p_key
$$;

COMMENT ON FUNCTION core.config_json(text) IS $$
A rule: its value, what it may be, what it means, and who set it last. Null for an unknown key.
$$;
