CREATE OR REPLACE FUNCTION core.lock_payment(p_payment_request_id uuid)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_customer_id uuid;
BEGIN
    SELECT customer_id INTO v_customer_id
    FROM core.payment_requests WHERE id = p_payment_request_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('payment request');
    END IF;
    RETURN core.lock_business(ARRAY[v_customer_id], ARRAY[p_payment_request_id]);
END
$$;

COMMENT ON FUNCTION core.lock_payment(uuid) IS $$
Locks a payment request with everything that receiving or returning money touches
(core.lock_business). Returns the events of what was settled on the way, for the caller to emit.
Raises: NOT_FOUND 404.
$$;
