CREATE OR REPLACE FUNCTION core.customer_json(p_customer_id uuid, p_cc_user_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', customer.id,
    'display_name', customer.display_name,
    'phone', core.shown_phone(customer.phone, p_cc_user_id),
    'is_anonymous', customer.is_anonymous,
    'locale', customer.locale,
    'open_session_id', core.open_session_of(customer.id),
    'created_at', core.instant(customer.created_at),
    'deleted_at', core.instant(customer.deleted_at))
FROM core.customers AS customer
WHERE customer.id = p_customer_id
$$;

COMMENT ON FUNCTION core.customer_json(uuid, uuid) IS $$
A customer as a control centre user may see it; null = a DBA, who sees all.
$$;
