CREATE OR REPLACE FUNCTION api.list_webhooks(
    p_outcome text DEFAULT NULL, p_is_flagged boolean DEFAULT NULL,
    p_payment_request_id uuid DEFAULT NULL, p_from_at timestamptz DEFAULT NULL,
    p_to_at timestamptz DEFAULT NULL, p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_before text[];
    v_receipts core.webhook_receipts[];
BEGIN
    PERFORM core.require_page(p_limit);
    v_before := core.cursor_key(p_cursor, 'time', 'uuid');

    -- Find a page and one row more: the row says that there is a next page. Planned for the
    -- filters that are given, so that each uses its own index.
    v_receipts := ARRAY(
        SELECT receipt FROM core.webhook_receipts AS receipt
        WHERE (p_outcome IS NULL OR receipt.outcome = p_outcome)
            AND (p_is_flagged IS NULL OR receipt.is_flagged = p_is_flagged)
            AND (p_payment_request_id IS NULL
                OR receipt.payment_request_id = p_payment_request_id)
            AND (p_from_at IS NULL OR receipt.received_at >= p_from_at)
            AND (p_to_at IS NULL OR receipt.received_at < p_to_at)
            AND (v_before IS NULL
                OR (receipt.received_at, receipt.id)
                    < (v_before[1]::timestamptz, v_before[2]::uuid))
        ORDER BY receipt.received_at DESC, receipt.id DESC LIMIT p_limit + 1);
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(core.webhook_json(receipt::core.webhook_receipts)
                ORDER BY (receipt).received_at DESC, (receipt).id DESC)
            FROM unnest(v_receipts[1:p_limit]) AS receipt), '[]'),
        'next_cursor', CASE WHEN cardinality(v_receipts) > p_limit THEN
            core.cursor(
                core.instant((v_receipts[p_limit]).received_at), (v_receipts[p_limit]).id::text)
        END);
END
$$;

COMMENT ON FUNCTION api.list_webhooks(
    text, boolean, uuid, timestamptz, timestamptz, integer, text)
IS $$
{items, next_cursor}: webhooks, and what the provider said when asked (event reconciliation),
newest first, p_limit (1 to 200) a page; null filters nothing. Outcomes are those of
api.receive_webhook; received from p_from_at on, before p_to_at.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_webhooks(
    text, boolean, uuid, timestamptz, timestamptz, integer, text)
TO halo_cc;
