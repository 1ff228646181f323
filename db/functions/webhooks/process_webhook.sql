CREATE OR REPLACE FUNCTION api.process_webhook(p_receipt_id uuid, p_answer jsonb)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_receipt core.webhook_receipts;
BEGIN
    PERFORM core.require('receipt_id', p_receipt_id::text, 'answer', p_answer::text);
    SELECT * INTO v_receipt FROM core.webhook_receipts
    WHERE id = p_receipt_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('receipt');
    END IF;
    IF v_receipt.processed_at IS NULL THEN
        v_receipt := core.settle_receipt(v_receipt, p_answer, false);
    END IF;
    RETURN core.receipt_json(v_receipt, false);
END
$$;

COMMENT ON FUNCTION api.process_webhook(uuid, jsonb) IS $$
Settles a receipt that was stored unverified, with what the provider says now. A receipt that is
settled stays as it is. Returns as api.receive_webhook.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: as api.confirm_payment.
$$;
GRANT EXECUTE ON FUNCTION api.process_webhook(uuid, jsonb) TO halo_listener;
