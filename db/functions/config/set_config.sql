CREATE OR REPLACE FUNCTION api.set_config(
    p_key text, p_value jsonb, p_updated_by text, p_version integer DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_row core.app_config;
BEGIN
    PERFORM core.require('key', p_key, 'value', p_value::text, 'updated_by', p_updated_by);
    SELECT * INTO v_row FROM core.app_config WHERE key = p_key FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core.refuse(
            'NOT_FOUND', 'There is no configuration key ' || p_key || '.',
            'SELECT key FROM api.config() lists them.');
    END IF;
    PERFORM core.require_version(p_key, p_version, v_row.version);

    -- Triggers judge the value, count the version up, write the audit log, and tell.
    UPDATE core.app_config SET value = p_value, updated_by = p_updated_by
    WHERE key = p_key
    RETURNING * INTO v_row;
    RETURN jsonb_build_object('key', v_row.key, 'value', v_row.value, 'version', v_row.version);
END
$$;

COMMENT ON FUNCTION api.set_config(text, jsonb, text, integer) IS $$
Changes a rule of the business; effective everywhere within a second. p_version, when given, must
be the version that was read. The audit log keeps the value before and after.
Raises: NOT_FOUND 404, VALIDATION_ERROR 422 (type, range or choice), VERSION_MISMATCH 412.
Notifies: config (the key); mitra_mirror (reseed), when availability depends on it.
$$;
GRANT EXECUTE ON FUNCTION api.set_config(text, jsonb, text, integer) TO halo_cc;
