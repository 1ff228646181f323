CREATE OR REPLACE FUNCTION api.respond_to_extension(
    p_extension_id uuid, p_session_id uuid, p_mitra_id uuid, p_accepted boolean)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_extension core.session_extensions;
    v_events core.event[];
BEGIN
    PERFORM core.require('extension_id', p_extension_id::text, 'session_id', p_session_id::text,
        'mitra_id', p_mitra_id::text, 'accepted', p_accepted::text);

    -- Lock, read again, and judge. No deadline is judged: a late answer counts, as long as
    -- nobody settled the silence before it.
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    v_session := core.read_session(p_session_id);
    IF v_session.mitra_id IS DISTINCT FROM p_mitra_id THEN
        PERFORM core.refuse('FORBIDDEN',
            'This session is not yours to answer for.', 'Answer for your own sessions.');
    END IF;
    PERFORM core.lock_mitras(ARRAY[p_mitra_id]);
    PERFORM core.require_active(mitra) FROM core.mitras AS mitra WHERE mitra.id = p_mitra_id;
    SELECT * INTO v_extension FROM core.session_extensions
    WHERE id = p_extension_id AND session_id = p_session_id
        AND core.status_is(status, 'pending');
    IF NOT FOUND THEN
        PERFORM core.refuse('EXTENSION_RESOLVED',
            'This extension is answered already, or was never asked for.',
            'Look at the session again.');
    END IF;

    -- Write and tell. The note comes last, so that it finds the other extensions alone.
    v_events := CASE WHEN p_accepted
        THEN core.resolve_extension(v_extension, 'accepted', NULL, false)
        ELSE core.resolve_extension(v_extension, 'rejected', 'extension_rejected', false) END;
    PERFORM core.note_life(p_session_id, 'mitra', p_mitra_id);
    PERFORM core.emit(v_events);
    SELECT * INTO v_extension FROM core.session_extensions WHERE id = p_extension_id;
    RETURN core.extension_json(v_extension);
END
$$;

COMMENT ON FUNCTION api.respond_to_extension(uuid, uuid, uuid, boolean) IS $$
The mitra's answer, which counts as long as the extension is pending. Yes keeps the payment and the
clock runs on; no owes the money back and closes the session with a full grace. Returns the
extension.
Raises: VALIDATION_ERROR 422, FORBIDDEN 403 (not this mitra's session), MITRA_DEACTIVATED 403,
EXTENSION_RESOLVED 409 (unknown, of another session, or no longer pending).
Notifies: mitra_mirror, deadlines, events (extension_response, session_resumed or session_closing,
payment_updated).
$$;
GRANT EXECUTE ON FUNCTION api.respond_to_extension(uuid, uuid, uuid, boolean) TO halo_app;
