CREATE OR REPLACE FUNCTION core.take_money(p_payment core.payment_requests, p_paid_at timestamptz)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_session core.chat_sessions := core.read_session(p_payment.session_id);
    v_open uuid := core.open_session_id(p_payment.customer_id);
    v_latest timestamptz := p_payment.expires_at + CASE core.config_text('late_payment_policy')
        WHEN 'revive' THEN core.config_seconds('late_payment_revive_seconds') ELSE '0' END;
    v_events core.event[] := ARRAY[]::core.event[];
BEGIN
    p_payment.confirmed_at := clock_timestamp();
    p_payment.paid_at := coalesce(p_paid_at, p_payment.confirmed_at);

    -- Judge. The money has arrived in any case; when it buys nothing, it is owed back.
    IF p_payment.status = 'cancelled' THEN
        p_payment := core.owe_back(p_payment, 'failed', 'payment_cancelled');
    ELSIF core.is_of_gone_account(p_payment) THEN
        p_payment := core.owe_back(p_payment, 'failed', 'account_gone');
    ELSIF p_payment.paid_at > v_latest THEN
        p_payment := core.owe_back(p_payment, 'paid_late', 'paid_late');
    ELSIF NOT p_payment.is_extension AND v_open IS NOT NULL
        AND v_open IS DISTINCT FROM v_session.id
    THEN
        p_payment := core.owe_back(p_payment, 'failed', 'session_already_open');
    ELSIF p_payment.is_first_session_discount AND core.discount_used(p_payment.customer_id) THEN
        p_payment := core.owe_back(p_payment, 'failed', 'discount_used');
    ELSE
        -- A link that had expired is revived.
        p_payment.status := 'confirmed';
        p_payment.failure_cause := NULL;
    END IF;
    PERFORM core.save_payment(p_payment);

    -- Write what follows for the session: it starts, a search opens, or the search that waited
    -- ends. An extension payment is only usable from now on.
    IF p_payment.is_extension THEN
        NULL;
    ELSIF p_payment.status = 'confirmed' AND v_session.status = 'pending_payment' THEN
        v_events := core.start_paid(p_payment);
        SELECT * INTO p_payment FROM core.payment_requests WHERE id = p_payment.id;
    ELSIF p_payment.status = 'confirmed' AND v_open IS NULL THEN
        p_payment := core.begin_search(p_payment);
    ELSIF p_payment.status <> 'confirmed' AND core.is_open(v_session.status) THEN
        v_events := core.abandon_searches(ARRAY[core.enter_final(
            v_session, 'failed',
            CASE p_payment.status
                WHEN 'paid_late' THEN 'payment_expired' ELSE p_payment.failure_cause END,
            clock_timestamp())]);
    END IF;
    RETURN core.payment_events(ARRAY[p_payment]) || v_events;
END
$$;

COMMENT ON FUNCTION core.take_money(core.payment_requests, timestamptz) IS $$
Confirms a payment that is locked (core.lock_payment) and not confirmed yet, with the provider's
time of payment (null = now). The rules are those of api.confirm_payment. Returns the events for
the caller to emit.
$$;
