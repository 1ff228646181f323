CREATE OR REPLACE FUNCTION core.config_text(p_key text)
RETURNS text
LANGUAGE sql STABLE STRICT
AS $$
SELECT core.config_value(p_key) #>> '{}'
$$;

COMMENT ON FUNCTION core.config_text(text) IS 'The present value of a key as text.';
