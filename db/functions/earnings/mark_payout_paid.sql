CREATE OR REPLACE FUNCTION api.mark_payout_paid(
    p_payout_id uuid, p_reference text, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payout core.payouts;
BEGIN
    PERFORM core.require('reference', p_reference);
    p_reference := core.one_line('reference', p_reference, 80);

    -- Lock, read, judge. A repeat changes nothing.
    v_payout := core.lock_payout(p_payout_id);
    IF (v_payout.status, v_payout.reference, v_payout.paid_by)
        IS NOT DISTINCT FROM ('paid', p_reference, p_actor_id)
    THEN
        RETURN core.payout_json(v_payout);
    ELSIF v_payout.status <> 'open' THEN
        PERFORM core.refuse('INVALID_STATE',
            'A payout that is ' || v_payout.status || ' can''t be paid.',
            'Only an open payout can be paid: release it first, or close the next period.');
    END IF;
    PERFORM core.require_second_user(v_payout.actor_id, p_actor_id);

    v_payout.status := 'paid';
    v_payout.reference := p_reference;
    v_payout.reason := NULL;
    v_payout.paid_by := p_actor_id;
    v_payout.settled_at := clock_timestamp();
    RETURN core.change_payout(v_payout, p_actor_id);
END
$$;

COMMENT ON FUNCTION api.mark_payout_paid(uuid, text, uuid) IS $$
A second user says that an open payout was paid, with the bank's p_reference. The first is who
closed the period, or released the payout last: two users, both active, whose passwords no other
user has set. A repeat changes nothing. Returns the payout.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409, SECOND_USER_REQUIRED 409.
Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.mark_payout_paid(uuid, text, uuid) TO halo_cc;
