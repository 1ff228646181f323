CREATE OR REPLACE FUNCTION api.go_online(
    p_mitra_id uuid, p_cause text DEFAULT 'mitra', p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_mitra core.mitras := core.lock_mitra(p_mitra_id);
    v_now timestamptz := clock_timestamp();
    v_fresh_after timestamptz := v_now - core.config_seconds('heartbeat_stale_seconds');
BEGIN
    PERFORM core.require('cause', p_cause);
    PERFORM core.require_active(v_mitra);
    IF p_cause = 'mitra' THEN
        PERFORM core.prove_presence(p_mitra_id);
    END IF;
    UPDATE core.mitra_online_status
    SET is_online = true, last_online_at = v_now, last_heartbeat_at = v_now,
        missed_offers = 0, updated_at = v_now
    WHERE mitra_id = p_mitra_id AND NOT is_online;
    IF FOUND THEN
        PERFORM core.log_mitra_status(ARRAY[p_mitra_id], 'online', p_cause, p_actor_id);
        PERFORM core.emit(ARRAY[core.to_mitra(p_mitra_id, 'status_changed',
            core.mitra_status_json(p_mitra_id) || jsonb_build_object('cause', p_cause))]);
    ELSE
        -- Online already: a fresh heartbeat is not written again, so that a repeat costs nothing.
        UPDATE core.mitra_online_status SET last_heartbeat_at = v_now
        WHERE mitra_id = p_mitra_id AND coalesce(last_heartbeat_at, '-infinity') <= v_fresh_after;
    END IF;
    RETURN core.mitra_status_json(p_mitra_id, v_fresh_after);
END
$$;

COMMENT ON FUNCTION api.go_online(uuid, text, uuid) IS $$
Go online: receive offers from now on. Counts as a heartbeat, which the caller records in the
mirror too. Repeating it writes nothing but a heartbeat, and that only when the last one is stale;
and once for an extension that waits, that the mitra is there. Returns the mitra status; available
is judged by heartbeat_stale_seconds alone, as the mirror judges it.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403.
Notifies: mitra_mirror, pairing, events (status_changed).
$$;
GRANT EXECUTE ON FUNCTION api.go_online(uuid, text, uuid) TO halo_app;
