CREATE OR REPLACE FUNCTION core.reconcile(p_payment_request_id uuid, p_answer jsonb)
RETURNS text
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_payment core.payment_requests;
    v_events core.event[];
    v_believed record;
    v_outcome text;
BEGIN
    -- Lock, read again, and judge: first whether money arrived, then whether the link is over.
    v_events := core.lock_payment(p_payment_request_id);
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
    v_believed := core.believe_payment(v_payment, p_answer, p_answer, p_answer ->> 'updated');
    v_outcome := v_believed.outcome;
    v_events := v_believed.events || v_events;
    IF v_outcome = 'not_paid' AND v_payment.status = 'pending'
        AND core.provider_status(p_answer) = 'over'
    THEN
        v_outcome := 'expired';
        v_events := core.expire_payments(ARRAY[v_payment.id], true) || v_events;
    ELSIF v_outcome = 'not_paid' THEN
        v_outcome := 'unchanged';
    END IF;

    -- What the provider said is kept once for each payment and outcome.
    IF v_outcome <> 'unchanged' THEN
        INSERT INTO core.webhook_receipts (
            provider, receipt_key, event, body, verified_at, processed_at, outcome, is_flagged,
            payment_request_id)
        VALUES (
            v_payment.provider, 'reconciliation:' || v_payment.id || ':' || v_outcome,
            'reconciliation', jsonb_build_object('event', 'reconciliation', 'data', p_answer),
            clock_timestamp(), clock_timestamp(), v_outcome, v_outcome = 'mismatch',
            v_payment.id)
        ON CONFLICT DO NOTHING;
    END IF;
    PERFORM core.emit(v_events);
    RETURN v_outcome;
END
$$;

COMMENT ON FUNCTION core.reconcile(uuid, jsonb) IS $$
What the provider says of a link when it is asked without a webhook that could be believed: the
rules and the outcome are those of api.reconcile_payment. Locks everything that the payment
touches, and emits. Raises: NOT_FOUND 404.
$$;
