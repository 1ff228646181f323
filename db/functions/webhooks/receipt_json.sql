CREATE OR REPLACE FUNCTION core.receipt_json(p_receipt core.webhook_receipts, p_is_repeat boolean)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
SELECT jsonb_build_object(
    'receipt_id', p_receipt.id, 'outcome', p_receipt.outcome,
    'is_flagged', p_receipt.is_flagged, 'is_repeat', p_is_repeat)
$$;

COMMENT ON FUNCTION core.receipt_json(core.webhook_receipts, boolean) IS
'What became of a webhook.';
