CREATE OR REPLACE FUNCTION api.cancel_session(p_session_id uuid, p_customer_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
BEGIN
    -- Lock, read again, and judge: a mitra may have accepted in the meantime.
    PERFORM core.require_party(p_session_id, 'customer', p_customer_id);
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    v_session := core.read_session(p_session_id);
    IF v_session.status NOT IN ('searching', 'pending_acceptance', 'pending_payment') THEN
        PERFORM core.refuse('INVALID_STATE',
            'A session that is ' || v_session.status || ' cannot be cancelled.',
            'End it instead, if it is running.');
    END IF;

    -- Write and tell.
    v_session := core.enter_final(
        v_session, 'cancelled', 'cancelled_by_customer', clock_timestamp());
    PERFORM core.emit(core.abandon_searches(ARRAY[v_session]));
    RETURN core.session_json(v_session);
END
$$;

COMMENT ON FUNCTION api.cancel_session(uuid, uuid) IS $$
The customer no longer wants the search: its offers are cancelled, paid money is owed back, an
unpaid link is cancelled. Returns the session.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (a mitra was faster, or it is over).
Notifies: events (session_ended, offer_cancelled, payment_updated); mitra_mirror and pairing when a
slot was held.
$$;
GRANT EXECUTE ON FUNCTION api.cancel_session(uuid, uuid) TO halo_app;
