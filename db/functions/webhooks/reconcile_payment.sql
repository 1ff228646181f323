CREATE OR REPLACE FUNCTION api.reconcile_payment(p_payment_request_id uuid, p_answer jsonb)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests;
    v_outcome text;
BEGIN
    PERFORM core.require('payment_request_id', p_payment_request_id::text, 'answer', p_answer::text);
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('payment request');
    END IF;
    v_outcome := core.believe_payment(v_payment, p_answer, p_answer, p_answer ->> 'updated');
    IF v_outcome = 'not_paid' THEN
        v_outcome := CASE WHEN v_payment.status = 'pending' AND core.provider_status(p_answer) = 'over' THEN 'expired' ELSE 'unchanged' END;
    END IF;
    IF v_outcome = 'expired' THEN
        PERFORM core.emit(core.expire_link(v_payment.id));
    END IF;
    IF v_outcome <> 'unchanged' THEN
        INSERT INTO core.webhook_receipts
            (provider, receipt_key, event, body, verified_at, processed_at, outcome, is_flagged, payment_request_id)
        VALUES (v_payment.provider, 'reconciliation:' || v_payment.id || ':' || v_outcome, 'reconciliation',
            jsonb_build_object('event', 'reconciliation', 'data', p_answer), clock_timestamp(), clock_timestamp(), v_outcome,
            v_outcome = 'mismatch', v_payment.id)
        ON CONFLICT DO NOTHING;
    END IF;
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
