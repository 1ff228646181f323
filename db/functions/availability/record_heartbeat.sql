CREATE OR REPLACE FUNCTION api.record_heartbeat(p_mitra_id uuid)
RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_now timestamptz;
BEGIN
    PERFORM core.require_active(core.lock_mitra(p_mitra_id));
    v_now := clock_timestamp();
    UPDATE core.mitra_online_status SET last_heartbeat_at = greatest(last_heartbeat_at, v_now)
    WHERE mitra_id = p_mitra_id AND is_online;
    IF NOT FOUND THEN
        PERFORM core.refuse('NOT_ONLINE', 'An offline mitra has no heartbeat.', 'Go online first.');
    END IF;
    RETURN v_now;
END
$$;

COMMENT ON FUNCTION api.record_heartbeat(uuid) IS $$
Judges a heartbeat and records it in PostgreSQL: the way while Valkey cannot answer, and the last
word before a beat is refused. Returns the time recorded.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403, NOT_ONLINE 409.
Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.record_heartbeat(uuid) TO halo_app;
