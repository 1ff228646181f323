CREATE OR REPLACE FUNCTION api.process_webhook_again(
    p_receipt_id uuid, p_answer jsonb DEFAULT NULL, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before core.webhook_receipts;
    v_receipt core.webhook_receipts;
BEGIN
    PERFORM core.require('receipt_id', p_receipt_id::text);

    -- Lock, read, and judge: what had its effect stays as it is, and so does what never has one.
    SELECT * INTO v_before FROM core.webhook_receipts
    WHERE id = p_receipt_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('webhook');
    END IF;
    v_receipt := v_before;
    IF v_before.outcome IS NULL
        OR v_before.outcome IN ('unverified', 'not_paid', 'mismatch', 'unknown_reference')
    THEN
        v_receipt := core.settle_receipt(v_before, p_answer, false);
    END IF;

    -- Where its own words can't be believed, the provider's are, as when a sweep asks.
    IF p_answer IS NOT NULL AND v_receipt.outcome IN ('mismatch', 'key_reused') THEN
        PERFORM core.reconcile(payment.id, p_answer)
        FROM core.webhook_payment(v_receipt.provider, v_receipt.body) AS payment
        WHERE payment.id IS NOT NULL AND payment.confirmed_at IS NULL;
    END IF;

    PERFORM core.audit(p_actor_id, 'webhook.process', p_receipt_id::text,
        jsonb_build_object('outcome', v_before.outcome, 'is_flagged', v_before.is_flagged),
        jsonb_build_object('outcome', v_receipt.outcome, 'is_flagged', v_receipt.is_flagged));
    RETURN api.find_webhook(p_receipt_id, p_actor_id);
END
$$;

COMMENT ON FUNCTION api.process_webhook_again(uuid, jsonb, uuid) IS $$
An operator has a webhook judged again, with what the provider says now when asked
(api.question_again; null = no answer, or nothing to ask). A webhook that had its effect stays as it
is; one that can't be believed itself (another amount, a reused key) has none, but the money that
the provider says it has is confirmed. So it is safe to repeat. Returns the webhook as
api.find_webhook does.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: as api.receive_webhook.
$$;
GRANT EXECUTE ON FUNCTION api.process_webhook_again(uuid, jsonb, uuid) TO halo_cc;
