CREATE OR REPLACE FUNCTION core.customer_json(p_customer_id uuid, p_cc_user_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT listed.shown FROM core.shown_customers(ARRAY[p_customer_id], p_cc_user_id) AS listed
$$;

COMMENT ON FUNCTION core.customer_json(uuid, uuid) IS
'A customer as core.shown_customers shows it.';
