CREATE OR REPLACE FUNCTION api.reconcile_payment(p_payment_request_id uuid, p_answer jsonb)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require(
        'payment_request_id', p_payment_request_id::text, 'answer', p_answer::text);
    RETURN core.reconcile(p_payment_request_id, p_answer);
END
$$;

COMMENT ON FUNCTION api.reconcile_payment(uuid, jsonb) IS $$
What the provider says of a link when it is asked without a webhook: money that it has and we have
not seen is confirmed, a link that it closed expires. Returns confirmed, expired, unchanged, or
mismatch (another amount: flagged to the control centre); except for unchanged, a receipt keeps the
provider's words.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: as api.confirm_payment.
$$;
GRANT EXECUTE ON FUNCTION api.reconcile_payment(uuid, jsonb) TO halo_listener;
