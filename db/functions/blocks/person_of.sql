CREATE OR REPLACE FUNCTION core.person_of(p_customer_id uuid)
RETURNS uuid
LANGUAGE sql STABLE
AS $$
SELECT coalesce(merged_into, id) FROM core.customers WHERE id = p_customer_id
$$;

COMMENT ON FUNCTION core.person_of(uuid) IS $$
The customer under whom blocks are kept and reporters counted: the owner into whom this customer was
last merged, else the customer itself.
$$;
