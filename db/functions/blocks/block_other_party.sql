CREATE OR REPLACE FUNCTION api.block_other_party(
    p_session_id uuid, p_user_type text, p_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_search uuid;
    v_block core.blocks;
    v_withdrawn core.pairing_offers[];
BEGIN
    -- Find, and lock: the customer, then this session and the customer's search, whose offers may
    -- be out.
    PERFORM core.require_party(p_session_id, p_user_type, p_user_id);
    v_session := core.read_session(p_session_id);
    PERFORM core.lock_customer(v_session.customer_id);
    v_search := core.open_session_of(v_session.customer_id);
    PERFORM core.lock_for_command(ARRAY[p_session_id, v_search]);
    IF p_user_type = 'mitra' THEN
        PERFORM core.require_active(core.lock_mitra(p_user_id));
    END IF;
    v_session := core.require_met(p_session_id, p_user_type, p_user_id);

    -- Write. An offer that is out between the two is withdrawn, so that they don't meet by it.
    INSERT INTO core.blocks (customer_id, mitra_id, party, session_id)
    VALUES (v_session.customer_id, v_session.mitra_id, p_user_type, p_session_id)
    ON CONFLICT DO NOTHING;
    SELECT * INTO v_block FROM core.blocks
    WHERE customer_id = v_session.customer_id AND mitra_id = v_session.mitra_id
        AND party = p_user_type;
    v_withdrawn := core.settle_offers(ARRAY(
        SELECT id FROM core.pairing_offers
        WHERE session_id = v_search AND mitra_id = v_session.mitra_id AND status = 'offered'
    ), 'cancelled');
    PERFORM core.end_waves(ARRAY[v_search]) WHERE v_withdrawn <> '{}';

    -- Tell the mitra of the offer, and nobody of the block.
    PERFORM core.emit(core.offer_events(v_withdrawn));
    RETURN jsonb_build_object(
        'session_id', p_session_id, 'blocked_at', core.instant(v_block.created_at));
END
$$;

COMMENT ON FUNCTION api.block_other_party(uuid, text, uuid) IS $$
A party of a session, which is open or ended within seven days, never wants to meet the other party
again. p_user_type: customer or mitra, with the party's id. Neither is offered to the other from now
on; an offer that is out between them is cancelled. It ends no session, and the other party is not
told. Repeating it changes nothing. Returns {session_id, blocked_at}.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (strangers too), INVALID_STATE 409 (no mitra yet, or too
long ago), MITRA_DEACTIVATED 403.
Notifies: events (offer_cancelled), and pairing, when an offer was out.
$$;
GRANT EXECUTE ON FUNCTION api.block_other_party(uuid, text, uuid) TO halo_app;
