CREATE OR REPLACE FUNCTION api.undo_config(
    p_key text, p_version integer DEFAULT NULL, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_last core.audit_log;
BEGIN
    PERFORM core.require('key', p_key);

    -- Lock, then read the last change.
    PERFORM core.lock_config(p_key, p_version);
    SELECT * INTO v_last FROM core.audit_log
    WHERE action = 'config.update' AND subject = p_key ORDER BY at DESC, id DESC LIMIT 1;
    IF NOT FOUND THEN
        PERFORM core.refuse('INVALID_STATE',
            p_key || ' was never changed.', 'There is nothing to undo.');
    END IF;

    -- The value goes the way of every change: judged, counted, audited and told by triggers.
    RETURN api.set_config(p_key, v_last.before, p_actor_id => p_actor_id);
END
$$;

COMMENT ON FUNCTION api.undo_config(text, integer, uuid) IS $$
Puts back the value that a rule had before its last change; doing it twice undoes the undoing.
p_version, when given, must be the version that was read. Returns the rule.
Raises: VALIDATION_ERROR 422 (the range is another now), NOT_FOUND 404, VERSION_MISMATCH 412,
INVALID_STATE 409 (it was never changed).
Notifies: config (the key); mitra_mirror (reseed), when availability depends on it.
$$;
GRANT EXECUTE ON FUNCTION api.undo_config(text, integer, uuid) TO halo_cc;
