CREATE OR REPLACE FUNCTION api.go_online(p_mitra_id uuid, p_cause text DEFAULT 'mitra', p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_mitra core.mitras := core.lock_mitra(p_mitra_id);
    v_now timestamptz := clock_timestamp();
BEGIN
    PERFORM core.require('cause', p_cause);
    PERFORM core.require_active(v_mitra);
    UPDATE core.mitra_online_status
    SET is_online = true, last_online_at = v_now, last_heartbeat_at = v_now, missed_offers = 0, updated_at = v_now
    WHERE mitra_id = p_mitra_id AND NOT is_online;
    IF FOUND THEN
        PERFORM core.log_mitra_status(ARRAY[p_mitra_id], 'online', p_cause, p_actor_id);
        PERFORM core.emit(ARRAY[core.to_mitra(p_mitra_id, 'status_changed',
            core.mitra_status_json(p_mitra_id) || jsonb_build_object('cause', p_cause))]);
    END IF;
    RETURN core.mitra_status_json(p_mitra_id);
END
$$;

COMMENT ON FUNCTION api.go_online(uuid, text, uuid) IS $$
The mitra wants offers from now on; counts as a heartbeat. Repeating it changes nothing. Returns the mitra status.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403.
Notifies: mitra_mirror, pairing, events (status_changed).
$$;
GRANT EXECUTE ON FUNCTION api.go_online(uuid, text, uuid) TO halo_app, halo_cc;
