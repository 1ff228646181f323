CREATE OR REPLACE FUNCTION core.abandon_searches(p_sessions core.chat_sessions[])
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_ids uuid[] := ARRAY(SELECT ended.id FROM unnest(p_sessions) AS ended);
    v_offers core.pairing_offers[];
    v_payments core.payment_requests[];
BEGIN
    -- Write the offers and the money. An open link is cancelled; confirmed money bought
    -- nothing, and is owed back whole.
    v_offers := core.settle_offers(ARRAY(
        SELECT id FROM core.pairing_offers
        WHERE session_id = ANY (v_ids) AND core.status_is(status, 'offered')), 'cancelled');
    WITH payment AS (
        UPDATE core.payment_requests AS payment
        SET status = CASE payment.status WHEN 'pending' THEN 'cancelled' ELSE 'failed' END,
            failure_cause = ended.end_reason,
            refund_status = CASE payment.status WHEN 'pending' THEN 'none' ELSE 'due' END,
            refund_due_amount = CASE payment.status WHEN 'pending' THEN 0 ELSE payment.amount END
        FROM unnest(p_sessions) AS ended
        WHERE payment.session_id = ended.id
            AND core.status_is(payment.status, 'pending', 'confirmed')
        RETURNING payment.*
    )
    SELECT coalesce(array_agg(payment::core.payment_requests), '{}')
    INTO v_payments FROM payment;

    -- A rerouted session has used some of its minutes, so it is owed only a part.
    v_payments := v_payments || core.owe_remaining(p_sessions);

    -- Write down the failures. A link that ran out is no failure of pairing.
    INSERT INTO core.pairing_failures (
        cause_tag, session_id, payment_request_id, customer_id, mitra_id, details)
    SELECT ended.end_reason, ended.id, payment.id, ended.customer_id, ended.mitra_id,
        jsonb_build_object('round', ended.round, 'offers', (
            SELECT count(*) FROM core.pairing_offers AS offer
            WHERE offer.session_id = ended.id AND offer.round = ended.round))
    FROM unnest(p_sessions) AS ended
    LEFT JOIN core.payment_requests AS payment
        ON payment.session_id = ended.id AND NOT payment.is_extension
    WHERE ended.status = 'failed' AND ended.end_reason <> 'payment_expired';
    PERFORM core.save_sessions(p_sessions);

    -- Tell. A session has a mitra here only while its slot waits for the payment.
    RETURN ARRAY(
        SELECT core.to_customer(ended.customer_id,
            CASE ended.status WHEN 'failed' THEN 'pairing_failed' ELSE 'session_ended' END,
            core.session_frame(ended) || jsonb_build_object('cause', ended.end_reason))
        FROM unnest(p_sessions) AS ended
        UNION ALL
        SELECT core.to_mitra(ended.mitra_id, 'session_ended', core.session_frame(ended))
        FROM unnest(p_sessions) AS ended WHERE ended.mitra_id IS NOT NULL
    ) || core.offer_events(v_offers) || core.payment_events(v_payments);
END
$$;

COMMENT ON FUNCTION core.abandon_searches(core.chat_sessions[]) IS $$
Writes the end of locked searches that core.enter_final has made final: live offers and open links
are cancelled, confirmed money and what is left of a rerouted session are owed back, failures are
recorded. Returns the events for the caller to emit.
$$;
