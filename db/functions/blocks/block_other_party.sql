CREATE OR REPLACE FUNCTION api.block_other_party(
    p_session_id uuid, p_user_type text, p_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_person uuid;
    v_searches uuid[];
    v_block core.blocks;
    v_events core.event[];
BEGIN
    -- Find, and lock: the customer and its person, then this session and their searches, whose
    -- offers may be out.
    PERFORM core.require_acquainted(p_session_id, p_user_type, p_user_id);
    v_session := core.read_session(p_session_id);
    v_person := core.lock_person(v_session.customer_id);
    v_searches := ARRAY[
        core.open_session_id(v_session.customer_id), core.open_session_id(v_person)];
    PERFORM core.lock_for_command(p_session_id || v_searches);
    IF p_user_type = 'mitra' THEN
        PERFORM core.require_active(core.lock_mitra(p_user_id));
    END IF;
    v_session := core.require_met(p_session_id, p_user_type, p_user_id);
    PERFORM core.note_life(p_session_id, p_user_type, p_user_id);

    -- Write. A live offer between the two is withdrawn, so that they don't meet by it.
    INSERT INTO core.blocks (customer_id, mitra_id, party, session_id)
    VALUES (v_person, v_session.mitra_id, p_user_type, p_session_id)
    ON CONFLICT DO NOTHING;
    SELECT * INTO v_block FROM core.blocks
    WHERE customer_id = v_person AND mitra_id = v_session.mitra_id AND party = p_user_type;
    v_events := core.withdraw_blocked_offers(v_searches);

    -- Tell the mitra of the offer, and nobody of the block; and both what time made of the session.
    PERFORM core.emit(v_events || core.settled_if_free(p_session_id));
    RETURN jsonb_build_object(
        'session_id', p_session_id, 'blocked_at', core.instant(v_block.created_at));
END
$$;

COMMENT ON FUNCTION api.block_other_party(uuid, text, uuid) IS $$
A party of a session, which is open or ended within seven days, never wants to meet the other party
again. p_user_type: customer or mitra, with the party's id. Neither is offered to the other from now
on; a live offer between them is cancelled. It ends no session, and the other party is not
told. A customer's account that is merged into another stands for the owner, who is a party too, and
a mitra from whom the session was taken is one for seven days after that. Repeating it changes
nothing. Returns {session_id, blocked_at}.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (strangers too), INVALID_STATE 409 (no mitra yet, or too
long ago), MITRA_DEACTIVATED 403.
Notifies: events (offer_cancelled), and pairing, when an offer was out; mitra_mirror, pairing,
deadlines, events (session_closing, session_ended) for a session past its time that nobody settled
yet.
$$;
GRANT EXECUTE ON FUNCTION api.block_other_party(uuid, text, uuid) TO halo_app;
