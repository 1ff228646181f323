CREATE OR REPLACE FUNCTION api.get_config(p_key text)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_value jsonb := core.config_value(p_key);
BEGIN
    IF v_value IS NULL THEN
        PERFORM core.refuse('NOT_FOUND', 'There is no configuration key ' || coalesce(p_key, 'null') || '.', 'SELECT key FROM api.config() lists them.');
    END IF;
    RETURN v_value;
END
$$;

COMMENT ON FUNCTION api.get_config(text) IS 'The value of one configuration key. Raises: NOT_FOUND 404.';
GRANT EXECUTE ON FUNCTION api.get_config(text) TO halo_app, halo_cc, halo_listener;
