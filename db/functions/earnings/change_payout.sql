CREATE OR REPLACE FUNCTION core.change_payout(p_payout core.payouts, p_actor_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_before core.payouts;
BEGIN
    SELECT * INTO v_before FROM core.payouts WHERE id = p_payout.id;
    IF p_payout IS DISTINCT FROM v_before THEN
        UPDATE core.payouts
        SET status = p_payout.status, reason = p_payout.reason, actor_id = p_payout.actor_id,
            paid_by = p_payout.paid_by, reference = p_payout.reference,
            settled_at = p_payout.settled_at
        WHERE id = p_payout.id;
        PERFORM core.audit(p_actor_id, 'payout.' || p_payout.status, p_payout.id::text,
            jsonb_build_object('status', v_before.status, 'actor_id', v_before.actor_id),
            jsonb_build_object('status', p_payout.status, 'actor_id', p_payout.actor_id,
                'mitra_id', p_payout.mitra_id, 'amount', p_payout.amount,
                'reference', p_payout.reference, 'reason', p_payout.reason));
    END IF;
    RETURN core.payout_json(p_payout);
END
$$;

COMMENT ON FUNCTION core.change_payout(core.payouts, uuid) IS $$
Writes a changed, locked payout, and that into the audit log; nothing when it is as it was. Returns
it as the control centre sees it.
$$;
