CREATE OR REPLACE FUNCTION api.refunds_to_send(
    p_provider text, p_after uuid DEFAULT NULL, p_limit integer DEFAULT 100)
RETURNS TABLE (
    refund_id uuid, payment_request_id uuid, amount bigint, provider_payment_ref text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('provider', p_provider, 'limit', p_limit::text);
WITH unsent AS (
    UPDATE core.refunds AS refund SET is_unsure = true
    FROM core.payment_requests AS payment
    WHERE payment.id = refund.payment_request_id AND refund.id IN (
        SELECT open.id FROM core.refunds AS open
        JOIN core.payment_requests AS paid
            ON paid.id = open.payment_request_id AND paid.provider = p_provider
        WHERE open.status = 'requested' AND open.way = 'provider' AND open.provider_ref IS NULL
            AND open.requested_at < clock_timestamp() - interval '1 minute'
            AND (p_after IS NULL OR open.id > p_after)
        ORDER BY open.id LIMIT p_limit
        FOR NO KEY UPDATE OF open SKIP LOCKED)
    RETURNING refund.id, payment.id AS payment_id, refund.amount, payment.provider_payment_ref
)
SELECT unsent.id, unsent.payment_id, unsent.amount, unsent.provider_payment_ref
FROM unsent ORDER BY unsent.id
$$;

COMMENT ON FUNCTION api.refunds_to_send(text, uuid, integer) IS $$
Refunds requested more than a minute ago for which no answer of the provider was recorded, by id,
p_limit a page after p_after: they are to be asked for again with the same id. From now on a
refusal proves nothing, because the provider may have heard the first request.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.refunds_to_send(text, uuid, integer) TO halo_listener;
