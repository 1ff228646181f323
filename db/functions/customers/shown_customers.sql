CREATE OR REPLACE FUNCTION core.shown_customers(p_customer_ids uuid[], p_cc_user_id uuid)
RETURNS TABLE (customer core.customers, shown jsonb)
LANGUAGE sql STABLE
AS $$
SELECT customer, jsonb_build_object(
    'id', customer.id,
    'display_name', customer.display_name,
    'phone', core.masked_phone(customer.phone, reader.sees_phones),
    'is_anonymous', customer.is_anonymous,
    'locale', customer.locale,
    'open_session_id', (
        SELECT open.session_id FROM core.open_sessions_of(customer.id) AS open),
    'created_at', core.instant(customer.created_at),
    'deleted_at', core.instant(customer.deleted_at))
FROM (SELECT core.sees_phones(p_cc_user_id) AS sees_phones OFFSET 0) AS reader
CROSS JOIN core.customers AS customer
WHERE customer.id = ANY (p_customer_ids)
$$;

COMMENT ON FUNCTION core.shown_customers(uuid[], uuid) IS $$
Customers as a control centre user may see them; null = a DBA, who sees all. One statement shows a
page for a fraction of what it costs to show each by itself.
$$;
