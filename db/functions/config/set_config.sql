CREATE OR REPLACE FUNCTION api.set_config(
    p_key text,
    p_value jsonb,
    p_updated_by text DEFAULT NULL,
    p_version integer DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('key', p_key, 'value', p_value::text);
    PERFORM core.lock_config(p_key, p_version);

    -- Triggers judge the value, count the version up, write the audit log, and tell.
    UPDATE core.app_config
    SET value = p_value, updated_by = coalesce(p_updated_by, core.actor(p_actor_id))
    WHERE key = p_key;
    RETURN core.config_json(p_key);
END
$$;

COMMENT ON FUNCTION api.set_config(text, jsonb, text, integer, uuid) IS $$
Changes a rule of the business; effective everywhere within a second. p_updated_by null = the
control centre user p_actor_id, or the database role without one. p_version, when given, must be
the version that was read. The audit log keeps the value before and after. Returns the rule.
Raises: NOT_FOUND 404, VALIDATION_ERROR 422 (type, range or choice), VERSION_MISMATCH 412.
Notifies: config (the key); mitra_mirror (reseed), when availability depends on it.
$$;
GRANT EXECUTE ON FUNCTION api.set_config(text, jsonb, text, integer, uuid) TO halo_cc;
