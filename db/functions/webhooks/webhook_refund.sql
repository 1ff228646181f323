CREATE OR REPLACE FUNCTION core.webhook_refund(p_provider text, p_body jsonb)
RETURNS core.refunds
LANGUAGE sql STABLE
AS $$
SELECT refund.*
FROM (SELECT p_body -> 'data') AS said (data)
CROSS JOIN LATERAL (
    SELECT 1 AS preference, by_id.id FROM core.refunds AS by_id
    WHERE by_id.id = CASE WHEN said.data ->> 'reference_id' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        THEN (said.data ->> 'reference_id')::uuid END
    UNION ALL
    SELECT 2, by_ref.id FROM core.refunds AS by_ref WHERE by_ref.provider_ref = said.data ->> 'id'
    UNION ALL
    SELECT 3, latest.id FROM core.refunds AS latest
    WHERE latest.id = (core.refund_json((core.webhook_payment(p_provider, p_body)).id) ->> 'id')::uuid
) AS found
JOIN core.refunds AS refund ON refund.id = found.id
JOIN core.payment_requests AS payment ON payment.id = refund.payment_request_id AND payment.provider = p_provider
ORDER BY found.preference
LIMIT 1
$$;

COMMENT ON FUNCTION core.webhook_refund(text, jsonb) IS
'The refund a webhook is about: by our reference, else by the provider''s id, else the latest of the payment it names; a null row for none.';
