CREATE OR REPLACE FUNCTION api.confirm_refund(
    p_payment_request_id uuid, p_paid boolean, p_bank text DEFAULT NULL,
    p_reference text DEFAULT NULL, p_paid_at timestamptz DEFAULT NULL,
    p_reason text DEFAULT NULL, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests;
    v_refund core.refunds;
    v_events core.event[];
BEGIN
    PERFORM core.require('payment_request_id', p_payment_request_id::text, 'paid', p_paid::text);
    p_reason := core.one_line(
        'reason', CASE WHEN NOT core.is_blank(p_reason) THEN p_reason END, 500);

    -- Lock, then read: the payment, and the refund that waits for people.
    v_events := core.lock_payment(p_payment_request_id);
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
    SELECT * INTO v_refund FROM core.refunds
    WHERE payment_request_id = v_payment.id
        AND (way = 'transfer' AND status = 'requested' OR NOT p_paid AND status = 'unanswered');

    -- Judge.
    IF v_refund.id IS NULL THEN
        PERFORM core.refuse('INVALID_STATE',
            'No transfer of this payment request waits to be confirmed.',
            'Look at its refunds: it may be confirmed already.');
    END IF;
    PERFORM core.require_second_user(v_refund.actor_id, p_actor_id);
    IF p_paid THEN
        PERFORM core.require(
            'bank', p_bank, 'reference', p_reference, 'paid_at', p_paid_at::text);
        p_bank := core.one_line('bank', p_bank, 80);
        p_reference := core.one_line('reference', p_reference, 80);
    ELSE
        PERFORM core.require('reason', p_reason);
        p_bank := NULL;
        p_reference := NULL;
        p_paid_at := NULL;
    END IF;
    -- A provider's clock may be ahead: then its paid_at lies after the moment we heard of it.
    IF p_paid_at NOT BETWEEN least(v_payment.paid_at, v_payment.confirmed_at) AND clock_timestamp()
    THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'It was paid back after the customer paid, and not in the future.',
            'Give the time that the bank says.', 'paid_at');
    END IF;

    -- Write and tell.
    UPDATE core.refunds
    SET confirmed_by = p_actor_id, bank = p_bank, reference = p_reference, paid_at = p_paid_at
    WHERE id = v_refund.id;
    v_payment := core.settle_refund(v_refund, v_payment,
        CASE WHEN p_paid THEN 'succeeded' ELSE 'failed' END,
        CASE WHEN NOT p_paid THEN p_reason END);
    PERFORM core.audit(p_actor_id, 'payment.confirm_refund', v_payment.id::text,
        jsonb_build_object('refund_id', v_refund.id, 'way', v_refund.way,
            'status', v_refund.status, 'actor_id', v_refund.actor_id),
        jsonb_build_object('paid', p_paid, 'amount', v_refund.amount, 'bank', p_bank,
            'reference', p_reference, 'paid_at', core.instant(p_paid_at)));
    PERFORM core.emit(core.payment_events(ARRAY[v_payment]) || v_events);
    RETURN core.payment_details_json(v_payment);
END
$$;

COMMENT ON FUNCTION api.confirm_refund(uuid, boolean, text, text, timestamptz, text, uuid) IS $$
A second user says of a refund by transfer that it was paid (through p_bank, as p_reference, at
p_paid_at), or was not (p_reason): then the money is due again. p_actor_id, and who asked for it,
are two users, both active, whose passwords no other user has set. A refund of which the provider
gave no answer can be said not to be paid, too, after a look at the provider's own pages: so another
way is open. Returns the payment request as the control centre sees it.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (nothing waits to be confirmed),
SECOND_USER_REQUIRED 409.
Notifies: events (payment_updated).
$$;
GRANT EXECUTE ON FUNCTION api.confirm_refund(uuid, boolean, text, text, timestamptz, text, uuid)
TO halo_cc;
