CREATE OR REPLACE FUNCTION api.record_refund(
    p_refund_id uuid, p_status text, p_provider_ref text DEFAULT NULL,
    p_failure text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_refund core.refunds;
    v_payment core.payment_requests;
    v_events core.event[];
BEGIN
    -- Find.
    PERFORM core.require('refund_id', p_refund_id::text, 'status', p_status);
    IF p_status NOT IN ('sent', 'refused', 'unanswered', 'succeeded', 'failed') THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A refund is sent, refused, unanswered, succeeded or failed.', 'Choose one of them.',
            'status');
    END IF;
    SELECT * INTO v_refund FROM core.refunds WHERE id = p_refund_id AND way = 'provider';
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('refund by a provider');
    END IF;

    -- Lock the payment, and read both again. Write and tell.
    v_events := core.lock_payment(v_refund.payment_request_id);
    SELECT * INTO v_refund FROM core.refunds WHERE id = p_refund_id;
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = v_refund.payment_request_id;
    PERFORM core.emit(
        core.hear_of_refund(v_refund, v_payment, p_status, p_provider_ref, p_failure)
        || v_events);
    RETURN api.find_payment_request(v_payment.id);
END
$$;

COMMENT ON FUNCTION api.record_refund(uuid, text, text, text) IS $$
What the provider said of a refund: sent (it took the request, as p_provider_ref), refused (it did
not take it; with p_failure), succeeded, failed (due again), or unanswered (due again; asked with
the same id next time). Refused counts as failed; but when the provider may have heard an earlier
request, it counts as unanswered. What is settled stays settled, so repeats and disorder change
nothing. Only a success that comes after a failure counts, because the money has left, as long as
no other refund was begun for it. Returns the payment request as the control centre sees it.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: events (payment_updated).
$$;
GRANT EXECUTE ON FUNCTION api.record_refund(uuid, text, text, text) TO halo_cc, halo_listener;
