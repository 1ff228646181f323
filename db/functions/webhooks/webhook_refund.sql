CREATE OR REPLACE FUNCTION core.webhook_refund(p_provider text, p_body jsonb)
RETURNS core.refunds
LANGUAGE sql STABLE
AS $$
-- said: the webhook's words, and the payment that they name.
SELECT refund.*
FROM (
    SELECT p_body -> 'data', p_body -> 'data' ->> 'reference_id',
        core.webhook_payment(p_provider, p_body)
) AS said (data, reference, payment)
CROSS JOIN LATERAL (
    SELECT 1 AS preference, by_id.id FROM core.refunds AS by_id
    WHERE by_id.id = CASE
            WHEN said.reference ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            THEN said.reference::uuid END
    UNION ALL
    SELECT 2, by_ref.id FROM core.refunds AS by_ref WHERE by_ref.provider_ref = said.data ->> 'id'
    UNION ALL
    -- The latest refund of the payment, when no reference, id or amount speaks against it.
    SELECT 3, latest.id FROM core.refunds AS latest
    WHERE latest.id = (core.latest_refund((said.payment).id)).id
        AND coalesce(said.reference, (said.payment).id::text) = (said.payment).id::text
        AND (latest.provider_ref IS NULL OR said.data ->> 'id' IS NULL)
        AND core.is_same_money(said.data, latest.amount)
) AS found
JOIN core.refunds AS refund ON refund.id = found.id AND refund.way = 'provider'
JOIN core.payment_requests AS payment
    ON payment.id = refund.payment_request_id AND payment.provider = p_provider
ORDER BY found.preference
LIMIT 1
$$;

COMMENT ON FUNCTION core.webhook_refund(text, jsonb) IS $$
The refund that a webhook is about: by our reference, else by the provider's id, else the latest
refund of the payment that it names, when nothing speaks against that: another reference, another
id, another amount. Somebody may refund by hand in the provider's own dashboard. A null row for
none.
$$;
