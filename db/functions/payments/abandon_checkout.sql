CREATE OR REPLACE FUNCTION api.abandon_checkout(
    p_payment_request_id uuid, p_customer_id uuid, p_provider_ref text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests := core.find_payment(p_payment_request_id, p_customer_id);
    v_events core.event[] := core.lock_payment(v_payment.id);
BEGIN
    -- The reference is kept in any case: money may arrive for a link that came to nothing.
    UPDATE core.payment_requests SET provider_ref = coalesce(provider_ref, p_provider_ref)
    WHERE id = v_payment.id;
    UPDATE core.payment_requests SET status = 'cancelled', failure_cause = 'provider_unavailable'
    WHERE id = v_payment.id AND status = 'pending' AND checkout_url IS NULL;
    PERFORM core.emit(v_events);
END
$$;

COMMENT ON FUNCTION api.abandon_checkout(uuid, uuid, text) IS $$
The provider made no link, or made a link (p_provider_ref) that came to nothing: the payment
request is cancelled, and money that arrives for it all the same is owed back. Changes nothing once
a link is attached.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: events (session_ended), when a session past its grace is settled first; nobody was told
of the request.
$$;
GRANT EXECUTE ON FUNCTION api.abandon_checkout(uuid, uuid, text) TO halo_app;
