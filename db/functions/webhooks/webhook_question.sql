CREATE OR REPLACE FUNCTION api.webhook_question(
    p_provider text, p_body jsonb, p_receipt_key text DEFAULT NULL)
RETURNS TABLE (payment_request_id uuid, provider_ref text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('provider', p_provider, 'body', p_body::text);
SELECT payment.id, coalesce(payment.provider_ref, p_body -> 'data' ->> 'payment_session_id')
FROM core.webhook_payment(p_provider, p_body) AS payment
WHERE payment.confirmed_at IS NULL
    AND CASE
        WHEN core.is_reused_key(p_provider, p_receipt_key, p_body)
            THEN payment.provider_ref IS NOT NULL
        ELSE p_body ->> 'event' IN ('payment_session.completed', 'payment.capture')
            AND core.is_same_money(p_body -> 'data', payment.amount)
            AND coalesce(
                payment.provider_ref, p_body -> 'data' ->> 'payment_session_id') IS NOT NULL END
$$;

COMMENT ON FUNCTION api.webhook_question(text, jsonb, text) IS $$
What to ask the provider before this webhook is believed: the status of its link provider_ref. No
row when nothing must be asked: the webhook says nothing of money that arrived, the money is known
already, or the webhook can't be true. Under a p_receipt_key that another webhook has, whatever
this webhook says, the provider is asked about the payment that it names. Raises:
VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.webhook_question(text, jsonb, text) TO halo_app;
