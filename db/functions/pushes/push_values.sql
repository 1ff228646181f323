CREATE OR REPLACE FUNCTION core.push_values(p_push core.pushes, p_locale text, p_now timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'customer', party.customer,
    'mitra', party.mitra,
    'peer', CASE split_part(p_push.recipient, ':', 1)
        WHEN 'mitra' THEN party.customer ELSE party.mitra END,
    'minutes', CASE p_push.type
        WHEN 'session_warning' THEN ceil(extract(epoch FROM p_push.expires_at - p_now) / 60)::text
        ELSE p_push.payload ->> 'duration_minutes'
    END)
FROM core.chat_sessions AS session
JOIN core.customers AS customer ON customer.id = session.customer_id
LEFT JOIN core.mitras AS mitra
    -- An offer's session has no mitra yet: it is the mitra who gets the push.
    ON mitra.id = CASE
        WHEN p_push.recipient LIKE 'mitra:%' THEN split_part(p_push.recipient, ':', 2)::uuid
        ELSE session.mitra_id END
CROSS JOIN LATERAL (
    SELECT
        coalesce(
            customer.display_name,
            CASE p_locale WHEN 'en' THEN 'Customer' ELSE 'Pelanggan' END) AS customer,
        coalesce(mitra.display_name, 'Mitra') AS mitra) AS party
WHERE session.id = (p_push.payload ->> 'session_id')::uuid
$$;

COMMENT ON FUNCTION core.push_values(core.pushes, text, timestamptz) IS $$
What the placeholders of a push's template stand for: customer and mitra of its session or offer,
the peer of its recipient, and minutes: those offered, asked for, or bought; in a warning, those
that are left.
$$;
