CREATE OR REPLACE FUNCTION core.config_seconds(p_key text)
RETURNS interval
LANGUAGE sql STABLE STRICT
AS $$
SELECT make_interval(secs => core.config_int(p_key))
$$;

COMMENT ON FUNCTION core.config_seconds(text) IS $$
The present value of a key in seconds, as an interval.
$$;
