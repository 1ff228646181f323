CREATE OR REPLACE FUNCTION api.find_payment_request(p_payment_request_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests;
BEGIN
    PERFORM core.require('payment_request_id', p_payment_request_id::text);
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('payment request');
    END IF;
    RETURN core.payment_details_json(v_payment);
END
$$;

COMMENT ON FUNCTION api.find_payment_request(uuid) IS
'Any payment request, as the control centre sees it. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.';
GRANT EXECUTE ON FUNCTION api.find_payment_request(uuid) TO halo_cc;
