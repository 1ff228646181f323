CREATE OR REPLACE FUNCTION core.keep_reused_key(
    p_first core.webhook_receipts, p_body jsonb, p_answer jsonb, p_body_sha256 text)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_key text := p_first.receipt_key || '#' || p_body_sha256;
    v_payment uuid := (core.webhook_payment(p_first.provider, p_body)).id;
    v_receipt core.webhook_receipts;
    v_is_new boolean;
BEGIN
    -- The digest in the key keeps each different body once.
    INSERT INTO core.webhook_receipts (
        provider, receipt_key, event, body, processed_at, outcome, is_flagged,
        payment_request_id)
    VALUES (
        p_first.provider, v_key, p_body ->> 'event', p_body, clock_timestamp(), 'key_reused',
        true, v_payment)
    ON CONFLICT (provider, receipt_key) DO NOTHING;
    v_is_new := FOUND;
    SELECT * INTO v_receipt FROM core.webhook_receipts
    WHERE provider = p_first.provider AND receipt_key = v_key;
    IF p_answer IS NOT NULL AND v_payment IS NOT NULL THEN
        PERFORM core.reconcile(v_payment, p_answer);
    END IF;
    RETURN core.receipt_json(v_receipt, NOT v_is_new);
END
$$;

COMMENT ON FUNCTION core.keep_reused_key(core.webhook_receipts, jsonb, jsonb, text) IS $$
Keeps a webhook that came under the key of another webhook (p_first): it is flagged and has no
effect of its own. When the provider was asked about the payment that the webhook names, its answer
is believed. Returns as api.receive_webhook.
$$;
