CREATE OR REPLACE FUNCTION api.return_balance(
    p_customer_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests;
    v_payments core.payment_requests[] := ARRAY[]::core.payment_requests[];
    v_balance bigint;
    v_left bigint;
    v_returned bigint;
    v_events core.event[];
BEGIN
    -- Lock the customer, so that no money is credited any more, then the payments; and judge.
    PERFORM core.lock_customer(p_customer_id);
    v_events := core.lock_business(ARRAY[p_customer_id], ARRAY(
        SELECT id FROM core.payment_requests
        WHERE customer_id = p_customer_id AND credited_amount > 0));
    v_balance := core.balance(p_customer_id);
    IF v_balance = 0 THEN
        PERFORM core.refuse('INVALID_STATE', 'This customer has no balance.',
            'There is nothing to return.');
    END IF;

    -- Write: the newest credit first, until the balance is empty.
    v_left := v_balance;
    FOR v_payment IN
        SELECT * FROM core.payment_requests
        WHERE customer_id = p_customer_id AND credited_amount > 0
        ORDER BY created_at DESC, id DESC
    LOOP
        EXIT WHEN v_left = 0;
        v_returned := least(v_payment.credited_amount, v_left);
        v_left := v_left - v_returned;
        PERFORM core.enter_balance(v_payment, 'returned', -v_returned);
        v_payment.credited_amount := v_payment.credited_amount - v_returned;
        v_payment.refund_due_amount := v_payment.refund_due_amount + v_returned;
        v_payment.refund_status := CASE v_payment.refund_status
            WHEN 'requested' THEN 'requested' ELSE 'due' END;
        PERFORM core.save_payment(v_payment);
        v_payments := v_payments || v_payment;
    END LOOP;

    -- Tell.
    PERFORM core.audit(p_actor_id, 'customer.return_balance', p_customer_id::text,
        jsonb_build_object('balance', v_balance),
        jsonb_build_object('balance', 0));
    PERFORM core.emit(core.payment_events(v_payments) || v_events);
    RETURN jsonb_build_object('customer_id', p_customer_id, 'returned', v_balance, 'items', (
        SELECT jsonb_agg(core.payment_details_json(payment::core.payment_requests))
        FROM unnest(v_payments) AS payment));
END
$$;

COMMENT ON FUNCTION api.return_balance(uuid, uuid) IS $$
What a customer has in the balance is due again, whole, of the payment requests that it came from,
newest first: so that it is paid out, by any way that is open for them, as any other refund. Returns
{customer_id, returned, items: those payment requests as the control centre sees them}.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (no balance).
Notifies: events (payment_updated; session_ended, when a session past its grace is settled first).
$$;
GRANT EXECUTE ON FUNCTION api.return_balance(uuid, uuid) TO halo_cc;
