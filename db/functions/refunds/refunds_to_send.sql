CREATE OR REPLACE FUNCTION api.refunds_to_send(p_provider text, p_limit integer DEFAULT 100)
RETURNS TABLE (refund_id uuid, payment_request_id uuid, amount bigint, provider_payment_ref text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('provider', p_provider, 'limit', p_limit::text);
SELECT refund.id, payment.id, refund.amount, payment.provider_payment_ref
FROM core.refunds AS refund
JOIN core.payment_requests AS payment ON payment.id = refund.payment_request_id
WHERE refund.status = 'requested' AND refund.provider_ref IS NULL AND payment.provider = p_provider
    AND refund.requested_at < clock_timestamp() - interval '1 minute'
ORDER BY refund.id
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.refunds_to_send(text, integer) IS
'Refunds requested more than a minute ago of which the provider''s answer was never recorded: to be asked again with the same id. Raises: VALIDATION_ERROR 422.';
GRANT EXECUTE ON FUNCTION api.refunds_to_send(text, integer) TO halo_listener;
