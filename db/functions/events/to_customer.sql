CREATE OR REPLACE FUNCTION core.to_customer(p_customer_id uuid, p_type text, p_payload jsonb)
RETURNS core.event
LANGUAGE sql IMMUTABLE
AS $$
SELECT ROW('customer:' || p_customer_id, p_type, p_payload)::core.event
$$;

COMMENT ON FUNCTION core.to_customer(uuid, text, jsonb) IS
'An event for a customer; for nobody, when the id is null.';
