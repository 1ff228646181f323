CREATE OR REPLACE FUNCTION api.request_refund(
    p_payment_request_id uuid, p_amount bigint DEFAULT NULL, p_reason text DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL, p_request_key text DEFAULT NULL,
    p_way text DEFAULT 'provider', p_customer_consented boolean DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payment core.payment_requests;
    v_session core.chat_sessions;
    v_refund core.refunds;
    v_ways text[];
    v_refundable bigint;
    v_amount bigint;
    v_kept bigint := 0;
    v_events core.event[];
BEGIN
    PERFORM core.require('payment_request_id', p_payment_request_id::text, 'way', p_way);
    IF p_way NOT IN ('provider', 'transfer', 'credit') THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A refund goes by provider, transfer or credit.', 'Choose one of them.', 'way');
    ELSIF p_way = 'credit' AND NOT p_customer_consented THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'Money becomes credit only when the customer agrees.',
            'Ask the customer first.', 'customer_consented');
    END IF;
    p_reason := core.one_line(
        'reason', CASE WHEN NOT core.is_blank(p_reason) THEN p_reason END, 500);
    IF p_actor_id IS NOT NULL THEN
        PERFORM core.require('reason', p_reason);
    END IF;

    -- Lock, then read: the payment, and the refund that is under way for it, if any. Locking
    -- settles what is overdue; these are its events.
    v_events := core.lock_payment(p_payment_request_id);
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
    SELECT * INTO v_refund FROM core.refunds
    WHERE payment_request_id = v_payment.id AND status IN ('requested', 'unanswered');
    v_ways := core.refund_ways(v_payment);
    v_refundable := (
        SELECT money.held + money.kept + money.refund_due FROM core.money_of(v_payment) AS money);

    -- Judge a repeat. This very request may have been paid meanwhile: then nothing is left to do,
    -- as long as its Idempotency-Key lives. A refund under way can only be asked for again, for
    -- its amount and by its way. Without an amount, or without a refund under way, null <> x is
    -- null, so this check passes.
    IF EXISTS (
        SELECT FROM core.refunds
        WHERE payment_request_id = v_payment.id AND request_key = p_request_key
            AND status = 'succeeded'
            AND requested_at > clock_timestamp() - interval '24 hours')
    THEN
        PERFORM core.emit(v_events);
        RETURN core.payment_details_json(v_payment);
    ELSIF p_amount <> v_refund.amount OR p_way <> v_refund.way THEN
        PERFORM core.refuse('INVALID_STATE',
            format('A refund of %s rupiah by %s has been asked for and is not settled.',
                v_refund.amount, v_refund.way),
            'Wait for it, or ask for the same again.');

    -- Ask again. Unless the provider has named the refund, it may have paid it already: is_unsure.
    -- If the first asker of a transfer is no longer active, the new asker replaces them.
    ELSIF v_refund.status = 'requested' THEN
        UPDATE core.refunds
        SET is_unsure = is_unsure OR way = 'provider' AND provider_ref IS NULL
        WHERE id = v_refund.id;
        IF v_refund.way = 'transfer' AND p_actor_id IS NOT NULL
            AND NOT core.is_active_user(v_refund.actor_id)
        THEN
            UPDATE core.refunds SET actor_id = p_actor_id, reason = coalesce(p_reason, reason)
            WHERE id = v_refund.id;
            PERFORM core.audit(p_actor_id, 'payment.refund', v_payment.id::text,
                jsonb_build_object('refund_id', v_refund.id, 'actor_id', v_refund.actor_id),
                jsonb_build_object('refund_id', v_refund.id, 'actor_id', p_actor_id,
                    'amount', v_refund.amount, 'way', v_refund.way, 'reason', p_reason));
        END IF;
        PERFORM core.emit(v_events);
        RETURN core.payment_details_json(v_payment);

    -- Or judge the money.
    ELSIF v_payment.confirmed_at IS NULL THEN
        PERFORM core.refuse('INVALID_STATE',
            'No money has arrived for this payment request.', 'There is nothing to refund.');
    ELSIF p_way <> ALL (v_ways) AND v_refundable > 0 THEN
        PERFORM core.refuse('INVALID_STATE',
            format('This money can''t be paid back by %s.', p_way),
            format('Ways that are open: %s.', array_to_string(v_ways, ', ')), 'way');
    ELSIF v_payment.status = 'confirmed' AND p_amount <> v_payment.amount THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'Money that is not used yet is refunded whole.', 'Leave amount out.', 'amount');
    ELSIF v_payment.status = 'confirmed' AND NOT core.is_undelivered(v_payment)
        AND v_payment.is_extension
    THEN
        PERFORM core.refuse('INVALID_STATE',
            'Its extension waits for the mitra''s answer.', 'Try again when it is answered.');
    END IF;

    -- End what it paid for, if the money is not used yet: a session that is open is cancelled, an
    -- extension fails.
    IF v_payment.status = 'confirmed' THEN
        v_session := core.read_session(v_payment.session_id);
        IF NOT v_payment.is_extension AND core.is_open(v_session.status) THEN
            v_events := v_events || core.abandon_searches(ARRAY[
                core.enter_final(v_session, 'cancelled', 'refunded', clock_timestamp())]);
        ELSE
            PERFORM core.save_payment(core.owe_back(v_payment, 'failed', 'refunded'));
        END IF;
        SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
    ELSIF v_payment.status = 'consumed' THEN
        v_kept := (core.money_of(v_payment)).kept;
    END IF;

    -- Choose the amount, when none is given: that of the refund under way, else what is due,
    -- else all that is kept. If a part was refunded before, the amount must be given: otherwise
    -- the repeat of a request for that part would pay out the rest.
    v_amount := coalesce(p_amount, v_refund.amount, nullif(v_payment.refund_due_amount, 0),
        CASE v_payment.refunded_amount + v_payment.credited_amount WHEN 0 THEN v_kept END);
    IF v_payment.refund_due_amount + v_kept = 0 THEN
        PERFORM core.refuse('INVALID_STATE',
            'All of it has been given back.', 'There is nothing left to refund.');
    ELSIF v_amount IS NULL
        OR v_amount NOT BETWEEN 1 AND v_payment.refund_due_amount + v_kept
    THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            format('From 1 to %s rupiah can be refunded.', v_payment.refund_due_amount + v_kept),
            'Name an amount. Without one, what is due is refunded, '
                || 'or everything, if nothing was refunded before.', 'amount');
    END IF;

    -- Write: the money is owed and asked for. A refund without an answer keeps its id, which is
    -- its key at the provider, so that it is not paid twice.
    v_payment.refund_due_amount := greatest(v_payment.refund_due_amount, v_amount);
    v_payment.refund_status := 'requested';
    PERFORM core.save_payment(v_payment);
    INSERT INTO core.refunds AS refund (
        id, payment_request_id, amount, way, reason, actor_id, request_key)
    VALUES (
        coalesce(v_refund.id, gen_random_uuid()), v_payment.id, v_amount, p_way, p_reason,
        p_actor_id, p_request_key)
    ON CONFLICT (id) DO UPDATE
    SET status = 'requested', failure = NULL, requested_at = clock_timestamp(),
        actor_id = p_actor_id, reason = coalesce(p_reason, refund.reason),
        request_key = coalesce(p_request_key, refund.request_key)
    RETURNING refund.* INTO v_refund;
    PERFORM core.audit(p_actor_id, 'payment.refund', v_payment.id::text, NULL,
        jsonb_build_object('refund_id', v_refund.id, 'amount', v_amount, 'way', p_way,
            'reason', p_reason)
        || CASE WHEN p_way = 'credit' AND p_customer_consented
            THEN '{"customer_consented": true}' ELSE '{}' END::jsonb);

    -- With the manual provider, the operator has paid the money back already; credit is ours.
    IF p_way = 'credit' OR (p_way = 'provider' AND v_payment.provider = 'manual') THEN
        v_payment := core.settle_refund(v_refund, v_payment, 'succeeded');
    END IF;
    PERFORM core.emit(core.payment_events(ARRAY[v_payment]) || v_events);
    RETURN core.payment_details_json(v_payment);
END
$$;

COMMENT ON FUNCTION api.request_refund(uuid, bigint, text, uuid, text, text, boolean) IS $$
The control centre pays money back: p_amount rupiah. An operator (p_actor_id) says why: p_reason.
Without p_amount: what is due, or else, if nothing was given back before, everything that is kept.
Held money is refunded whole: the session of a base payment is cancelled; an unused extension
payment fails and its session goes on.
By way provider a manual payment is refunded at once (the operator has paid it back). For any other
payment the refund is requested, with the refund's id as key at the provider, and api.record_refund
says what became of it. By way transfer operators pay by bank, and a second user says what became
of it (api.confirm_refund). By way credit the money is in the customer's balance at once. Who asks
for it answers for the customer's consent: it is said by p_customer_consented, kept in the audit
log, or left to the reason; false is refused.
While it is requested, or the provider has not answered, asking again asks with the same id; another
amount or way is refused. With the p_request_key of a refund of the last 24 hours that succeeded,
asking again pays nothing and returns what was paid. Ways that are open: core.refund_ways. Returns
the payment request as the control centre sees it.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (nothing left, a refund under way, a
way that is not open, or an extension that waits for its answer).
Notifies: events (payment_updated, session_ended, offer_cancelled).
$$;
GRANT EXECUTE ON FUNCTION api.request_refund(uuid, bigint, text, uuid, text, text, boolean)
TO halo_cc;
