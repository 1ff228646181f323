CREATE OR REPLACE FUNCTION core.is_reused_key(p_provider text, p_receipt_key text, p_body jsonb)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT FROM core.webhook_receipts AS receipt
    WHERE receipt.provider = p_provider AND receipt.receipt_key = p_receipt_key
        AND receipt.body <> p_body)
$$;

COMMENT ON FUNCTION core.is_reused_key(text, text, jsonb) IS $$
Whether a webhook comes under the key of another webhook. A repeat says the same; this says
something else, so somebody confuses, or forges, ids.
$$;
