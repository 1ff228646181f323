CREATE OR REPLACE FUNCTION api.hold_payout(
    p_payout_id uuid, p_reason text DEFAULT NULL, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payout core.payouts;
BEGIN
    p_reason := core.one_line(
        'reason', CASE WHEN NOT core.is_blank(p_reason) THEN p_reason END, 500);

    -- Lock, read, judge. A repeat changes nothing.
    v_payout := core.lock_payout(p_payout_id);
    IF v_payout.status = 'held' THEN
        RETURN core.payout_json(v_payout);
    ELSIF v_payout.status <> 'open' THEN
        PERFORM core.refuse('INVALID_STATE',
            'A payout that is ' || v_payout.status || ' can''t be held.',
            'Only an open payout can be held.');
    END IF;
    v_payout.status := 'held';
    v_payout.reason := p_reason;
    RETURN core.change_payout(v_payout, p_actor_id);
END
$$;

COMMENT ON FUNCTION api.hold_payout(uuid, text, uuid) IS $$
An open payout is not to be paid for now, because of p_reason. A repeat changes nothing. Returns the
payout.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.hold_payout(uuid, text, uuid) TO halo_cc;
