CREATE OR REPLACE FUNCTION api.auto_offline(p_mitra_ids uuid[])
RETURNS SETOF uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_stale uuid[];
BEGIN
    PERFORM core.require('mitra_ids', p_mitra_ids::text);
    IF (SELECT judged.is_held FROM core.judge_silence() AS judged) THEN
        RETURN;
    END IF;
    -- Lock the status too, against api.copy_heartbeats, then judge it.
    v_stale := core.lock_free_mitras(p_mitra_ids);
    v_stale := ARRAY(
        SELECT status.mitra_id FROM core.mitra_online_status AS status
        WHERE status.mitra_id = ANY (v_stale) AND status.is_online
            AND greatest(status.last_heartbeat_at, status.last_online_at)
                <= clock_timestamp() - core.config_seconds('heartbeat_stale_seconds')
        ORDER BY status.mitra_id
    );
    PERFORM core.emit(core.set_offline(v_stale, 'auto_offline'));
    RETURN QUERY SELECT unnest(v_stale);
END
$$;

COMMENT ON FUNCTION api.auto_offline(uuid[]) IS $$
Of the given mitras, sets every mitra offline whose stamps in PostgreSQL are stale too
(heartbeat_stale_seconds), and returns them. The caller names the mitras that are stale by Valkey,
and copies their heartbeats first. Sets nobody offline while a mass silence lasts
(api.mass_silence). A mitra without any stamp is not stale; a mitra with a busy row is left to the
next sweep.
Raises: VALIDATION_ERROR 422.
Notifies: mitra_mirror, deadlines, events (status_changed, cause auto_offline).
$$;
GRANT EXECUTE ON FUNCTION api.auto_offline(uuid[]) TO halo_listener;
