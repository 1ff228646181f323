CREATE OR REPLACE FUNCTION api.settle_extension(p_extension_id uuid, p_connected boolean)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_extension core.session_extensions;
    v_events core.event[];
BEGIN
    PERFORM core.require('extension_id', p_extension_id::text, 'connected', p_connected::text);
    SELECT * INTO v_extension FROM core.session_extensions WHERE id = p_extension_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('extension');
    END IF;
    PERFORM core.lock_sessions(ARRAY[v_extension.session_id]);
    SELECT * INTO v_extension FROM core.session_extensions WHERE id = p_extension_id;
    IF v_extension.status = 'pending' AND v_extension.expires_at <= clock_timestamp() THEN
        v_events := core.settle_overdue_extension(v_extension, p_connected);
        SELECT * INTO v_extension FROM core.session_extensions WHERE id = p_extension_id;
        INSERT INTO core.deadline_runs (kind, at, lateness_ms)
        VALUES ('extension', v_extension.responded_at, ARRAY[extract(epoch FROM v_extension.responded_at - v_extension.expires_at) * 1000]);
        PERFORM core.emit(v_events);
    END IF;
    RETURN core.extension_json(v_extension);
END
$$;

COMMENT ON FUNCTION api.settle_extension(uuid, boolean) IS $$
Settles an extension whose time is over. p_connected: the mitra has a live socket and a fresh heartbeat, by Valkey; false when
unknown, and then nobody is charged. One answered already, or not yet due, is left as it is. Returns the extension.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: mitra_mirror, deadlines, events (extension_response, session_resumed or session_closing, payment_updated).
$$;
GRANT EXECUTE ON FUNCTION api.settle_extension(uuid, boolean) TO halo_listener;
