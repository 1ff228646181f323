CREATE OR REPLACE FUNCTION api.unverified_webhooks(
    p_provider text, p_after uuid DEFAULT NULL, p_limit integer DEFAULT 100)
RETURNS TABLE (receipt_id uuid, provider text, payment_request_id uuid, provider_ref text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('provider', p_provider, 'limit', p_limit::text);
SELECT receipt.id, receipt.provider, payment.id,
    coalesce(payment.provider_ref, receipt.body -> 'data' ->> 'payment_session_id')
FROM core.webhook_receipts AS receipt
JOIN core.payment_requests AS payment ON payment.id = receipt.payment_request_id
WHERE receipt.provider = p_provider AND receipt.processed_at IS NULL
    AND receipt.received_at > clock_timestamp() - interval '1 day'
    AND coalesce(payment.provider_ref, receipt.body -> 'data' ->> 'payment_session_id') IS NOT NULL
    AND (p_after IS NULL OR receipt.id > p_after)
ORDER BY receipt.id
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.unverified_webhooks(text, uuid, integer) IS $$
Receipts of the last day that say money arrived while the provider did not answer, or said
otherwise, each with what to ask the provider, by id, p_limit a page after p_after. Raises:
VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.unverified_webhooks(text, uuid, integer) TO halo_listener;
