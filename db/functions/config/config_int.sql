CREATE OR REPLACE FUNCTION core.config_int(p_key text)
RETURNS integer
LANGUAGE sql STABLE STRICT
AS $$
SELECT core.config_value(p_key)::integer
$$;

COMMENT ON FUNCTION core.config_int(text) IS 'The present value of a whole-number key.';
