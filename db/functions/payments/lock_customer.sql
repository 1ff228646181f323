CREATE OR REPLACE FUNCTION core.lock_customer(p_customer_id uuid)
RETURNS core.customers
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_customer core.customers;
BEGIN
    PERFORM core.require('customer_id', p_customer_id::text);
    SELECT * INTO v_customer FROM core.customers WHERE id = p_customer_id FOR NO KEY UPDATE;
    IF NOT FOUND OR v_customer.deleted_at IS NOT NULL THEN
        PERFORM core.refuse_unknown('customer');
    END IF;
    RETURN v_customer;
END
$$;

COMMENT ON FUNCTION core.lock_customer(uuid) IS
'Locks a customer, before anything else is locked. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.';
