CREATE OR REPLACE FUNCTION api.receive_webhook(
    p_provider text, p_receipt_key text, p_body jsonb, p_answer jsonb DEFAULT NULL,
    p_is_trusted boolean DEFAULT false, p_body_sha256 text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_receipt core.webhook_receipts;
    v_is_new boolean;
BEGIN
    PERFORM core.require('provider', p_provider, 'receipt_key', p_receipt_key,
        'body', p_body::text, 'is_trusted', p_is_trusted::text);
    IF jsonb_typeof(p_body) <> 'object' THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A webhook is a JSON object.', 'Send the event as Xendit writes it.', 'body');
    END IF;

    -- Keep it, then lock what is kept under its key: of two at once, the second waits and finds
    -- the work of the first.
    INSERT INTO core.webhook_receipts (provider, receipt_key, event, body)
    VALUES (p_provider, p_receipt_key, p_body ->> 'event', p_body)
    ON CONFLICT (provider, receipt_key) DO NOTHING;
    v_is_new := FOUND;
    SELECT * INTO v_receipt FROM core.webhook_receipts
    WHERE provider = p_provider AND receipt_key = p_receipt_key FOR NO KEY UPDATE;

    -- Judge and write. A repeat brings something new only to an open receipt, and only when the
    -- provider's answer comes with it, or when none is needed.
    IF v_receipt.body <> p_body THEN
        RETURN core.keep_reused_key(v_receipt, p_body, p_answer,
            coalesce(p_body_sha256, encode(sha256(convert_to(p_body::text, 'UTF8')), 'hex')));
    ELSIF v_receipt.processed_at IS NULL
        AND (v_is_new OR p_answer IS NOT NULL OR p_is_trusted)
    THEN
        v_receipt := core.settle_receipt(v_receipt, p_answer, p_is_trusted);
    END IF;
    RETURN core.receipt_json(v_receipt, NOT v_is_new);
END
$$;

COMMENT ON FUNCTION api.receive_webhook(text, text, jsonb, jsonb, boolean, text) IS $$
A provider's webhook: stored once under p_receipt_key, together with its effect, in one
transaction. p_answer is what the provider itself said of the payment when asked
(api.webhook_question), null when it did not answer: then the receipt stays open and the payment
sweep asks again. p_is_trusted = it need not be asked. A repeat changes nothing, unless the receipt
was open. Returns {receipt_id, outcome, is_flagged, is_repeat}; outcomes: confirmed, unchanged,
expired, noted, refunded, refund_failed, ignored, unverified, and, flagged to the control centre,
mismatch, unknown_reference, not_paid.
Another body under a key that is used is stored under <key>#<p_body_sha256> (null: of its text as
jsonb), flagged as key_reused, and has no effect; what p_answer says of the payment it names counts
as it does for api.reconcile_payment.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: as api.confirm_payment and api.record_refund.
$$;
GRANT EXECUTE ON FUNCTION api.receive_webhook(text, text, jsonb, jsonb, boolean, text) TO halo_app;
