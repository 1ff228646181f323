CREATE OR REPLACE FUNCTION api.settle_extension(
    p_extension_id uuid, p_connected boolean DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_extension core.session_extensions;
    v_session core.chat_sessions;
    v_connected boolean := p_connected;
    v_events core.event[];
BEGIN
    -- Find.
    PERFORM core.require('extension_id', p_extension_id::text);
    SELECT * INTO v_extension FROM core.session_extensions WHERE id = p_extension_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('extension');
    END IF;

    -- Lock, then read again. What is busy is left as it is.
    IF core.lock_whole(ARRAY[v_extension.session_id], '{parties,money,slot}') = '{}' THEN
        RETURN core.extension_json(v_extension);
    END IF;
    SELECT * INTO v_extension FROM core.session_extensions WHERE id = p_extension_id;
    IF v_extension.status <> 'pending' OR v_extension.expires_at > clock_timestamp() THEN
        RETURN core.extension_json(v_extension);
    END IF;

    -- Judge. When nobody can tell whether the mitra is connected, a command or another sign of
    -- life since the request proves it; without proof, run_due settles the extension later. A
    -- socket without a lease is a socket of which Valkey knows nothing.
    v_session := core.read_session(v_extension.session_id);
    IF NOT v_connected AND core.has_unleased_socket('mitra:' || v_session.mitra_id) THEN
        v_connected := NULL;
    END IF;
    IF v_connected IS NULL
        AND core.config_text('extension_default_action_on_timeout') <> 'auto_reject'
    THEN
        v_connected := core.is_presence_proved(v_session.mitra_id, v_extension.requested_at)
            OR core.last_sign_of(v_session.mitra_id,
                v_extension.requested_at) >= v_extension.requested_at;
        IF NOT v_connected THEN
            RETURN core.extension_json(v_extension);
        END IF;
    END IF;

    -- Write and tell.
    v_events := core.settle_overdue_extension(v_extension, v_connected);
    SELECT * INTO v_extension FROM core.session_extensions WHERE id = p_extension_id;
    INSERT INTO core.deadline_runs (kind, at, lateness_ms)
    VALUES ('extension', v_extension.responded_at, ARRAY[
        extract(epoch FROM v_extension.responded_at - v_extension.expires_at) * 1000]);
    PERFORM core.emit(v_events);
    RETURN core.extension_json(v_extension);
END
$$;

COMMENT ON FUNCTION api.settle_extension(uuid, boolean) IS $$
Settles an extension whose time is over. p_connected: whether the mitra has a live socket and a
fresh heartbeat, by Valkey; null when that is unknown, as for a mitra that api.note_connected has
named. When it is unknown, a message or a command of the mitra since the request, or a socket of the
mitra that asked for what it missed, proves that the mitra was there; without proof nothing changes,
unless silence means no in any case. An extension that is answered already, not yet due, or busy is
left as it is. Returns the extension.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: mitra_mirror, deadlines, events (extension_response, session_resumed or session_closing,
payment_updated).
$$;
GRANT EXECUTE ON FUNCTION api.settle_extension(uuid, boolean) TO halo_listener;
