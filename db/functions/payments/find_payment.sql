CREATE OR REPLACE FUNCTION core.find_payment(p_payment_request_id uuid, p_customer_id uuid)
RETURNS core.payment_requests
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_payment core.payment_requests;
BEGIN
    PERFORM core.require('payment_request_id', p_payment_request_id::text,
        'customer_id', p_customer_id::text);
    SELECT * INTO v_payment FROM core.payment_requests
    WHERE id = p_payment_request_id AND customer_id = p_customer_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('payment request');
    END IF;
    RETURN v_payment;
END
$$;

COMMENT ON FUNCTION core.find_payment(uuid, uuid) IS
'A customer''s own payment request, unlocked. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.';
