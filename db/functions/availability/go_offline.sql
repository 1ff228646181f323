CREATE OR REPLACE FUNCTION api.go_offline(
    p_mitra_id uuid, p_cause text DEFAULT 'mitra', p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_mitra core.mitras := core.lock_mitra(p_mitra_id);
BEGIN
    PERFORM core.require('cause', p_cause);
    IF p_cause = 'mitra' THEN
        PERFORM core.require_active(v_mitra);
        PERFORM core.prove_presence(p_mitra_id);
    END IF;
    PERFORM core.emit(core.set_offline(ARRAY[p_mitra_id], p_cause, p_actor_id));
    RETURN core.mitra_status_json(p_mitra_id);
END
$$;

COMMENT ON FUNCTION api.go_offline(uuid, text, uuid) IS $$
The mitra wants no more offers; open ones are withdrawn at once, running sessions go on. Repeating
it changes nothing. Returns the mitra status. p_cause 'mitra' is the mitra's own command, which a
deactivated one may not give.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403.
Notifies: mitra_mirror, deadlines, events (status_changed).
$$;
GRANT EXECUTE ON FUNCTION api.go_offline(uuid, text, uuid) TO halo_app;
