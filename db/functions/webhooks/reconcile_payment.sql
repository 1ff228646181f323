CREATE OR REPLACE FUNCTION api.reconcile_payment(p_payment_request_id uuid, p_answer jsonb)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests;
    v_events core.event[];
    v_believed record;
    v_outcome text;
BEGIN
    PERFORM core.require('payment_request_id', p_payment_request_id::text, 'answer', p_answer::text);
    v_events := core.lock_payment(p_payment_request_id);
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
    v_believed := core.believe_payment(v_payment, p_answer, p_answer, p_answer ->> 'updated');
    v_outcome := v_believed.outcome;
    v_events := v_believed.events || v_events;
    IF v_outcome = 'not_paid' AND v_payment.status = 'pending' AND core.provider_status(p_answer) = 'over' THEN
        v_outcome := 'expired';
        v_events := core.expire_payments(ARRAY[v_payment.id], true) || v_events;
    ELSIF v_outcome = 'not_paid' THEN
        v_outcome := 'unchanged';
    END IF;
    IF v_outcome <> 'unchanged' THEN
        INSERT INTO core.webhook_receipts
            (provider, receipt_key, event, body, verified_at, processed_at, outcome, is_flagged, payment_request_id)
        VALUES (v_payment.provider, 'reconciliation:' || v_payment.id || ':' || v_outcome, 'reconciliation',
            jsonb_build_object('event', 'reconciliation', 'data', p_answer), clock_timestamp(), clock_timestamp(), v_outcome,
            v_outcome = 'mismatch', v_payment.id)
        ON CONFLICT DO NOTHING;
    END IF;
    PERFORM core.emit(v_events);
    RETURN v_outcome;
END
$$;

COMMENT ON FUNCTION api.reconcile_payment(uuid, jsonb) IS $$
What the provider says of a link, asked without a webhook: money it has and we have not seen is confirmed, a link it closed expires. Returns
confirmed, expired, unchanged, or mismatch (another amount: flagged to the control centre); but for unchanged, a receipt keeps its words.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: as api.confirm_payment.
$$;
GRANT EXECUTE ON FUNCTION api.reconcile_payment(uuid, jsonb) TO halo_listener, halo_cc;
