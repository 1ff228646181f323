CREATE OR REPLACE FUNCTION core.run_deliveries(
    p_payment_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_too_old timestamptz;
    v_payment core.payment_requests;
BEGIN
    -- Settle last words that are over: they would stand in the way of a search.
    SELECT settled.events INTO events
    FROM core.settle_sessions(core.lock_whole(ARRAY(
        SELECT session.id FROM core.payment_requests AS payment
        JOIN core.chat_sessions AS session ON session.customer_id = payment.customer_id
            AND session.status = 'closing'
        WHERE payment.id = ANY (p_payment_ids)), '{parties}')) AS settled;

    -- Judge each payment again, and write. A payment that waits, and has nothing new, is left.
    v_too_old := clock_timestamp() - core.config_seconds('payment_delivery_seconds');
    FOR v_payment IN
        SELECT payment.* FROM core.payment_requests AS payment
        WHERE payment.id = ANY (p_payment_ids) AND core.is_undelivered(payment) ORDER BY payment.id
    LOOP
        IF v_payment.confirmed_at <= v_too_old THEN
            v_payment := core.owe_back(v_payment, 'failed_delivery', 'failed_delivery');
            PERFORM core.save_payment(v_payment);
            INSERT INTO core.pairing_failures (
                cause_tag, session_id, payment_request_id, customer_id)
            VALUES ('failed_delivery', v_payment.session_id, v_payment.id, v_payment.customer_id);
        ELSIF NOT v_payment.is_extension AND NOT EXISTS (
            SELECT FROM core.chat_sessions AS session
            WHERE session.customer_id = v_payment.customer_id AND core.is_open(session.status)
        ) THEN
            v_payment := core.begin_search(v_payment);
        ELSE
            CONTINUE;
        END IF;
        moved := moved || ROW(v_payment.id, v_payment.confirmed_at)::core.moved;
        events := events || core.payment_events(ARRAY[v_payment]);
    END LOOP;
END
$$;

COMMENT ON FUNCTION core.run_deliveries(uuid[]) IS $$
The payment sweep's work of the kind delivery. Locked money that was confirmed and has bought
nothing yet is owed back as failed_delivery after payment_delivery_seconds; before that, its search
starts.
$$;
