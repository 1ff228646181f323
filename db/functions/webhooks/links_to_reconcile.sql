CREATE OR REPLACE FUNCTION api.links_to_reconcile(
    p_provider text, p_after uuid DEFAULT NULL, p_limit integer DEFAULT 100)
RETURNS TABLE (payment_request_id uuid, provider_ref text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('provider', p_provider, 'limit', p_limit::text);
SELECT payment.id, payment.provider_ref
FROM core.payment_requests AS payment
WHERE payment.provider = p_provider AND payment.confirmed_at IS NULL
    AND payment.provider_ref IS NOT NULL
    AND payment.created_at > clock_timestamp() - interval '2 days'
    AND (p_after IS NULL OR payment.id > p_after)
ORDER BY payment.id
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.links_to_reconcile(text, uuid, integer) IS $$
Links of the last two days whose money we have not seen, by id, p_limit a page after p_after: the
provider is to be asked about them, because a webhook may have been lost. Two days, because a
provider repeats its webhooks for one day. Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.links_to_reconcile(text, uuid, integer) TO halo_listener;
