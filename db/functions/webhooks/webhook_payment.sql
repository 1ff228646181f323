CREATE OR REPLACE FUNCTION core.webhook_payment(p_provider text, p_body jsonb)
RETURNS core.payment_requests
LANGUAGE sql STABLE
AS $$
-- A text that is no uuid must never be cast to uuid. CASE makes sure of it, in whatever order
-- PostgreSQL evaluates the rest.
SELECT payment.*
FROM (SELECT p_body -> 'data' ->> 'reference_id', p_body -> 'data') AS said (reference, data)
CROSS JOIN LATERAL (
    SELECT 1 AS preference, by_id.* FROM core.payment_requests AS by_id
    WHERE by_id.id = CASE
            WHEN said.reference ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            THEN said.reference::uuid END
        AND by_id.provider = p_provider
    UNION ALL
    SELECT 2, by_link.* FROM core.payment_requests AS by_link
    WHERE by_link.provider = p_provider
        AND by_link.provider_ref = said.data ->> 'payment_session_id'
    UNION ALL
    SELECT 3, by_payment.* FROM core.payment_requests AS by_payment
    WHERE by_payment.provider = p_provider
        AND by_payment.provider_payment_ref = said.data ->> 'payment_request_id'
) AS found
JOIN core.payment_requests AS payment ON payment.id = found.id
ORDER BY found.preference
LIMIT 1
$$;

COMMENT ON FUNCTION core.webhook_payment(text, jsonb) IS $$
The payment request that a webhook is about: by our reference, else by the provider's id of the
link, else by its id of the payment; a null row for none.
$$;
