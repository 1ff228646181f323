CREATE OR REPLACE FUNCTION api.payment_request(p_payment_request_id uuid, p_customer_id uuid)
RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.payment_request_json(core.find_payment(p_payment_request_id, p_customer_id))
$$;

COMMENT ON FUNCTION api.payment_request(uuid, uuid) IS
'A customer''s own payment request. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.';
GRANT EXECUTE ON FUNCTION api.payment_request(uuid, uuid) TO halo_app;
