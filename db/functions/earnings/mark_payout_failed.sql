CREATE OR REPLACE FUNCTION api.mark_payout_failed(
    p_payout_id uuid, p_reason text, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payout core.payouts;
BEGIN
    PERFORM core.require('reason', p_reason);
    p_reason := core.one_line('reason', p_reason, 500);

    -- Lock, read, judge. A repeat changes nothing. Money that came back needs another user than
    -- the one who said that it was paid: else one alone could pay twice.
    v_payout := core.lock_payout(p_payout_id);
    IF v_payout.status = 'failed' THEN
        RETURN core.payout_json(v_payout);
    ELSIF v_payout.status = 'paid' THEN
        PERFORM core.require_second_user(
            v_payout.paid_by, p_actor_id, p_first_may_have_left => true);
    END IF;

    -- Write: its earnings are owed again.
    UPDATE core.earning_payouts SET payout_id = NULL WHERE payout_id = p_payout_id;
    v_payout.status := 'failed';
    v_payout.reason := p_reason;
    v_payout.settled_at := clock_timestamp();
    RETURN core.change_payout(v_payout, p_actor_id);
END
$$;

COMMENT ON FUNCTION api.mark_payout_failed(uuid, text, uuid) IS $$
A payout came to nothing, and p_reason says why: its earnings are owed again, and the next period
gathers them. Of a payout that was paid, another user than the one who said so, who may have left,
must say that the money came back. A repeat changes nothing. Returns the payout.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, SECOND_USER_REQUIRED 409. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.mark_payout_failed(uuid, text, uuid) TO halo_cc;
