CREATE OR REPLACE FUNCTION core.lock_config(p_key text, p_version integer)
RETURNS core.app_config
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_config core.app_config;
BEGIN
    PERFORM core.require('key', p_key);
    SELECT * INTO v_config FROM core.app_config WHERE key = p_key FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown_key(p_key);
    END IF;
    PERFORM core.require_version(p_key, p_version, v_config.version);
    RETURN v_config;
END
$$;

COMMENT ON FUNCTION core.lock_config(text, integer) IS $$
Locks a rule for a change, and compares its version; null = not compared.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, VERSION_MISMATCH 412.
$$;
