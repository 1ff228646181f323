CREATE OR REPLACE FUNCTION api.confirm_manual_payment(
    p_payment_request_id uuid, p_customer_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests := core.find_payment(p_payment_request_id, p_customer_id);
BEGIN
    IF v_payment.provider <> 'manual' THEN
        PERFORM core.refuse_unknown('manual payment request');
    END IF;
    RETURN api.confirm_payment(p_payment_request_id);
END
$$;

COMMENT ON FUNCTION api.confirm_manual_payment(uuid, uuid) IS $$
The customer says that a payment of the manual provider, which is for development, is paid. Returns
the payment request, as api.confirm_payment does.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: as api.confirm_payment.
$$;
GRANT EXECUTE ON FUNCTION api.confirm_manual_payment(uuid, uuid) TO halo_app;
