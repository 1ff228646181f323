CREATE OR REPLACE FUNCTION api.get_config(p_key text)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_value jsonb := core.config_value(p_key);
BEGIN
    PERFORM core.require('key', p_key);
    IF v_value IS NULL THEN
        PERFORM core.refuse_unknown_key(p_key);
    END IF;
    RETURN v_value;
END
$$;

COMMENT ON FUNCTION api.get_config(text) IS $$
The value of one configuration key. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.get_config(text) TO halo_cc;
