CREATE OR REPLACE FUNCTION api.refunds_to_reconcile(
    p_provider text, p_after uuid DEFAULT NULL, p_limit integer DEFAULT 100)
RETURNS TABLE (refund_id uuid, provider_ref text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('provider', p_provider, 'limit', p_limit::text);
SELECT refund.id, refund.provider_ref
FROM core.refunds AS refund
JOIN core.payment_requests AS payment ON payment.id = refund.payment_request_id
WHERE refund.status = 'requested' AND refund.provider_ref IS NOT NULL
    AND refund.way = 'provider' AND payment.provider = p_provider
    AND (p_after IS NULL OR refund.id > p_after)
ORDER BY refund.id
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.refunds_to_reconcile(text, uuid, integer) IS $$
Refunds that the provider took and has not settled, by id, p_limit a page after p_after: the
provider is to be asked about them. Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.refunds_to_reconcile(text, uuid, integer) TO halo_listener;
