CREATE OR REPLACE FUNCTION core.config_value(p_key text)
RETURNS jsonb
LANGUAGE sql STABLE STRICT
AS $$
SELECT value FROM core.app_config WHERE key = p_key
$$;

COMMENT ON FUNCTION core.config_value(text) IS 'The present value of a configuration key.';
