CREATE OR REPLACE FUNCTION core.payout_json(p_payout core.payouts)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', p_payout.id,
    'mitra_id', p_payout.mitra_id,
    'display_name', mitra.display_name,
    'until', core.instant(p_payout.until),
    'amount', p_payout.amount,
    'status', p_payout.status,
    'reason', p_payout.reason,
    'actor_id', p_payout.actor_id,
    'is_actor_active', core.is_active_user(p_payout.actor_id),
    'paid_by', p_payout.paid_by,
    'reference', p_payout.reference,
    'created_at', core.instant(p_payout.created_at),
    'settled_at', core.instant(p_payout.settled_at))
FROM core.mitras AS mitra WHERE mitra.id = p_payout.mitra_id
$$;

COMMENT ON FUNCTION core.payout_json(core.payouts) IS 'A payout as the control centre sees it.';
