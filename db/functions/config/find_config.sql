CREATE OR REPLACE FUNCTION api.find_config(p_key text)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_config jsonb := core.config_json(p_key);
BEGIN
    PERFORM core.require('key', p_key);
    IF v_config IS NULL THEN
        PERFORM core.refuse_unknown_key(p_key);
    END IF;
    RETURN v_config;
END
$$;

COMMENT ON FUNCTION api.find_config(text) IS $$
A rule of the business, as api.list_config has it.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.find_config(text) TO halo_cc;
