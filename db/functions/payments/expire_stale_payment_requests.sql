CREATE OR REPLACE FUNCTION api.expire_stale_payment_requests(OUT expired integer, OUT failed integer, OUT reconciled integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_too_old timestamptz := v_now - core.config_seconds('payment_delivery_seconds');
    v_stale uuid[];
    v_undelivered uuid[];
    v_payment core.payment_requests;
    v_events core.event[];
BEGIN
    v_stale := ARRAY(SELECT id FROM core.payment_requests WHERE status = 'pending' AND expires_at <= v_now ORDER BY expires_at LIMIT 1000);
    v_undelivered := ARRAY(
        SELECT payment.id FROM core.payment_requests AS payment
        WHERE payment.status = 'confirmed' AND core.is_undelivered(payment)
            AND (payment.confirmed_at <= v_too_old OR NOT payment.is_extension)
        ORDER BY payment.confirmed_at LIMIT 1000);
    v_events := core.lock_business(
        ARRAY(SELECT customer_id FROM core.payment_requests WHERE id = ANY (v_undelivered)), v_stale || v_undelivered);

    v_too_old := clock_timestamp() - core.config_seconds('payment_delivery_seconds');      -- again, now that they are locked
    v_events := v_events || core.expire_payments(v_stale);
    SELECT count(*) INTO expired FROM core.payment_requests WHERE id = ANY (v_stale) AND status = 'expired';
    failed := 0;
    reconciled := 0;
    FOR v_payment IN
        SELECT payment.* FROM core.payment_requests AS payment
        WHERE payment.id = ANY (v_undelivered) AND core.is_undelivered(payment) ORDER BY payment.id
    LOOP
        IF v_payment.confirmed_at <= v_too_old THEN
            v_payment := core.owe_back(v_payment, 'failed_delivery', 'failed_delivery');
            PERFORM core.save_payment(v_payment);
            INSERT INTO core.pairing_failures (cause_tag, session_id, payment_request_id, customer_id)
            VALUES ('failed_delivery', v_payment.session_id, v_payment.id, v_payment.customer_id);
            failed := failed + 1;
        ELSIF core.open_session_of(v_payment.customer_id) IS NULL THEN
            v_payment := core.open_session(v_payment);
            reconciled := reconciled + 1;
        END IF;
        v_events := v_events || core.payment_events(ARRAY[v_payment]);
    END LOOP;
    PERFORM core.emit(v_events);
END
$$;

COMMENT ON FUNCTION api.expire_stale_payment_requests() IS $$
The safety net under every payment, run at start-up and every minute: open links past their time expire; confirmed money undelivered (no
session; for an extension nobody asked for) longer than payment_delivery_seconds is owed back as failed_delivery; younger base payments
have their search started again. Returns how many of each: (expired, failed, reconciled).
Raises nothing. Notifies: pairing, events (payment_updated; pairing_failed for a search that waited for a link).
$$;
GRANT EXECUTE ON FUNCTION api.expire_stale_payment_requests() TO halo_app, halo_listener, halo_cc;
