CREATE OR REPLACE FUNCTION api.unblock_other_party(
    p_session_id uuid, p_user_type text, p_user_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_person uuid;
BEGIN
    -- Lock as api.block_other_party does; then judge.
    PERFORM core.require_acquainted(p_session_id, p_user_type, p_user_id);
    v_session := core.read_session(p_session_id);
    v_person := core.lock_person(v_session.customer_id);
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    IF p_user_type = 'mitra' THEN
        PERFORM core.require_active(core.lock_mitra(p_user_id));
    END IF;
    v_session := core.require_met(p_session_id, p_user_type, p_user_id, p_is_recent => false);
    PERFORM core.note_life(p_session_id, p_user_type, p_user_id);

    -- A customer may have blocked a mitra from whom the session was taken since.
    DELETE FROM core.blocks
    WHERE customer_id = v_person AND party = p_user_type
        AND (mitra_id = v_session.mitra_id OR p_user_type = 'customer' AND mitra_id IN (
            SELECT reroute.mitra_id FROM core.session_reroutes AS reroute
            WHERE reroute.session_id = p_session_id));
END
$$;

COMMENT ON FUNCTION api.unblock_other_party(uuid, text, uuid) IS $$
A party of a session takes its own block of the other party back, at any time; a customer the blocks
of all mitras of the session. A block by the other party stays. Without a block it changes nothing.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (strangers too), INVALID_STATE 409 (no mitra yet),
MITRA_DEACTIVATED 403. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.unblock_other_party(uuid, text, uuid) TO halo_app;
