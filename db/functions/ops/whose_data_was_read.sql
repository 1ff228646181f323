CREATE OR REPLACE FUNCTION ops.whose_data_was_read(
    p_from timestamptz, p_to timestamptz DEFAULT 'infinity', p_actor text DEFAULT NULL)
RETURNS TABLE (
    user_type text, user_id uuid, display_name text, phone text,
    readings bigint, first_at timestamptz, last_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
-- What was shown: the subject of an entry, or the ids of a list.
WITH shown AS (
    SELECT entry.id AS entry_id, entry.at, seen.id
    FROM core.audit_log AS entry
    CROSS JOIN LATERAL (
        SELECT entry.subject::uuid
        WHERE entry.subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        UNION ALL
        SELECT listed.id::uuid FROM jsonb_array_elements_text(
            CASE jsonb_typeof(entry.after -> 'ids')
                WHEN 'array' THEN entry.after -> 'ids' ELSE '[]' END) AS listed (id)
    ) AS seen (id)
    WHERE entry.action = 'pii.read' AND entry.at >= p_from AND entry.at < p_to
        AND (p_actor IS NULL OR entry.actor = p_actor)
),
-- Whom it is about: the person, the parties of a session, or who made a payment.
concerned AS (
    SELECT shown.entry_id, shown.at, person.user_type, person.user_id
    FROM shown CROSS JOIN LATERAL (
        SELECT 'customer', known.id FROM core.customers AS known WHERE known.id = shown.id
        UNION ALL
        SELECT 'mitra', known.id FROM core.mitras AS known WHERE known.id = shown.id
        UNION ALL
        SELECT party.user_type, party.user_id
        FROM core.chat_sessions AS session
        CROSS JOIN LATERAL (VALUES
            ('customer', session.customer_id), ('mitra', session.mitra_id)
        ) AS party (user_type, user_id)
        WHERE session.id = shown.id
        UNION ALL
        SELECT 'customer', payment.customer_id
        FROM core.webhook_receipts AS receipt
        JOIN core.payment_requests AS payment ON payment.id = receipt.payment_request_id
        WHERE receipt.id = shown.id
    ) AS person (user_type, user_id)
    WHERE person.user_id IS NOT NULL
)
SELECT
    concerned.user_type, concerned.user_id,
    coalesce(customer.display_name, mitra.display_name), coalesce(customer.phone, mitra.phone),
    count(DISTINCT concerned.entry_id), min(concerned.at), max(concerned.at)
FROM concerned
LEFT JOIN core.customers AS customer
    ON concerned.user_type = 'customer' AND customer.id = concerned.user_id
LEFT JOIN core.mitras AS mitra ON concerned.user_type = 'mitra' AND mitra.id = concerned.user_id
GROUP BY 1, 2, 3, 4
ORDER BY 6, 2
$$;

COMMENT ON FUNCTION ops.whose_data_was_read(timestamptz, timestamptz, text) IS $$
Whom a breach concerns: everybody whose phone number or messages operators were shown from p_from
until p_to, by the audit log; with p_actor ('cc:<e-mail>') by that operator's account alone. How
often, and when first and last. Exports are entries of their own (action export), with their
filters. For halo_dba alone, because it shows phone numbers. Raises nothing.
$$;
REVOKE EXECUTE ON FUNCTION ops.whose_data_was_read(timestamptz, timestamptz, text)
FROM halo_readonly;
