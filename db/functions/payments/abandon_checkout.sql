CREATE OR REPLACE FUNCTION api.abandon_checkout(p_payment_request_id uuid, p_customer_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests := core.find_payment(p_payment_request_id, p_customer_id);
BEGIN
    PERFORM core.lock_sessions(ARRAY[v_payment.session_id], false, ARRAY[v_payment.id]);
    UPDATE core.payment_requests SET status = 'cancelled', failure_cause = 'provider_unavailable'
    WHERE id = v_payment.id AND status = 'pending' AND checkout_url IS NULL;
END
$$;

COMMENT ON FUNCTION api.abandon_checkout(uuid, uuid) IS $$
The provider made no link: the payment request is cancelled, and money that arrives for it all the same is owed back. Changes nothing once a
link is attached. Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing, because nobody was told of it.
$$;
GRANT EXECUTE ON FUNCTION api.abandon_checkout(uuid, uuid) TO halo_app;
