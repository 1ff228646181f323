CREATE OR REPLACE FUNCTION api.expire_stale_payment_requests(OUT expired integer, OUT failed integer, OUT reconciled integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_too_old timestamptz := v_now - core.config_seconds('payment_delivery_seconds');
    v_undelivered CURSOR FOR
        SELECT payment.id FROM core.payment_requests AS payment
        WHERE payment.status = 'confirmed' AND payment.confirmed_at <= v_now
            AND core.is_undelivered(payment)
            AND (payment.confirmed_at <= v_too_old
                OR (NOT payment.is_extension AND core.open_session_of(payment.customer_id)
                    IS NULL))
        ORDER BY payment.confirmed_at;
    v_ids uuid[];
    v_payment core.payment_requests;
    v_moved core.moved[];
    v_events core.event[];
    v_settled core.event[];
BEGIN
    -- Links past their time, as run_due expires them.
    SELECT links.moved, links.events INTO v_moved, v_events FROM core.run_payments(1000) AS links;
    expired := cardinality(v_moved);
    failed := 0;
    reconciled := 0;

    -- Undelivered money: find and lock, with last words that are over and would stand in the way.
    OPEN v_undelivered;
    v_ids := core.lock_due(v_undelivered, 1000, '{link,customer}');
    SELECT settled.events INTO v_settled
    FROM core.settle_sessions(core.lock_whole(ARRAY(
        SELECT session.id FROM core.payment_requests AS payment
        JOIN core.chat_sessions AS session ON session.customer_id = payment.customer_id
            AND session.status = 'closing'
        WHERE payment.id = ANY (v_ids)), '{parties}')) AS settled;
    v_events := v_events || v_settled;

    -- Judge each again, and write.
    v_too_old := clock_timestamp() - core.config_seconds('payment_delivery_seconds');
    FOR v_payment IN
        SELECT payment.* FROM core.payment_requests AS payment
        WHERE payment.id = ANY (v_ids) AND core.is_undelivered(payment) ORDER BY payment.id
    LOOP
        IF v_payment.confirmed_at <= v_too_old THEN
            v_payment := core.owe_back(v_payment, 'failed_delivery', 'failed_delivery');
            PERFORM core.save_payment(v_payment);
            INSERT INTO core.pairing_failures (cause_tag, session_id, payment_request_id, customer_id)
            VALUES ('failed_delivery', v_payment.session_id, v_payment.id, v_payment.customer_id);
            failed := failed + 1;
        ELSIF NOT v_payment.is_extension AND NOT EXISTS (
            SELECT FROM core.chat_sessions AS session
                WHERE session.customer_id = v_payment.customer_id AND core.is_open(session.status)
        ) THEN
            v_payment := core.open_session(v_payment);
            reconciled := reconciled + 1;
        ELSE
            CONTINUE;                                   -- it waits, and nothing is new
        END IF;
        v_events := v_events || core.payment_events(ARRAY[v_payment]);
    END LOOP;

    -- Tell.
    PERFORM core.emit(v_events);
END
$$;

COMMENT ON FUNCTION api.expire_stale_payment_requests() IS $$
The safety net under every payment, run at start-up and every minute: open links past their time
expire; confirmed money undelivered (no session; for an extension nobody asked for) longer than
payment_delivery_seconds is owed back as failed_delivery; younger base payments have their search
started again. A busy payment waits for the next run. Returns how many of each: (expired, failed,
reconciled).
Raises nothing. Notifies: pairing, events (payment_updated; pairing_failed for a search that waited
for a link).
$$;
GRANT EXECUTE ON FUNCTION api.expire_stale_payment_requests() TO halo_app, halo_listener, halo_cc;
