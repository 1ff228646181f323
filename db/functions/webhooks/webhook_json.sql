CREATE OR REPLACE FUNCTION core.webhook_json(p_receipt core.webhook_receipts)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', p_receipt.id, 'provider', p_receipt.provider, 'event', p_receipt.event,
    'received_at', core.instant(p_receipt.received_at),
    'verified_at', core.instant(p_receipt.verified_at),
    'processed_at', core.instant(p_receipt.processed_at),
    'outcome', p_receipt.outcome, 'is_flagged', p_receipt.is_flagged,
    'payment_request_id', p_receipt.payment_request_id,
    'said_reference', p_receipt.body #>> '{data,reference_id}',
    'said_status', p_receipt.body #>> '{data,status}',
    'said_amount', p_receipt.body #>> '{data,amount}',
    'said_currency', p_receipt.body #>> '{data,currency}')
$$;

COMMENT ON FUNCTION core.webhook_json(core.webhook_receipts) IS $$
A webhook as the control centre sees it: what became of it, and what it says of the money.
$$;
