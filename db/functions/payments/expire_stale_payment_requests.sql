CREATE OR REPLACE FUNCTION api.expire_stale_payment_requests(
    OUT expired integer, OUT failed integer, OUT reconciled integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_due uuid[];
    v_done record;
BEGIN
    expired := 0;
    failed := 0;
    reconciled := 0;

    -- Most runs find nothing, and a start need not plan what would be done.
    v_due := core.find_due('payment', 1000);
    IF v_due <> '{}' THEN
        v_done := core.settle_due('payment', v_due);
        expired := cardinality(v_done.moved);
    END IF;

    -- What became of undelivered money is read from the payments themselves.
    v_due := core.find_due('delivery', 1000);
    IF v_due <> '{}' THEN
        v_done := core.settle_due('delivery', v_due);
        SELECT count(*) FILTER (WHERE payment.status = 'failed_delivery'),
            count(*) FILTER (WHERE payment.status <> 'failed_delivery')
        INTO failed, reconciled
        FROM core.payment_requests AS payment
        WHERE payment.id IN (SELECT delivered.id FROM unnest(v_done.moved) AS delivered);
    END IF;
END
$$;

COMMENT ON FUNCTION api.expire_stale_payment_requests() IS $$
The safety net under every payment, run at start-up and every minute. Open links past their time
expire. Confirmed money that is undelivered (no session; for an extension, nobody asked for it)
longer than payment_delivery_seconds is owed back as failed_delivery; younger base payments have
their search started again. A busy payment waits for the next run; a payment that fails is named in
a warning and left out for a while (ops.failed_deadlines). Returns how many of each: (expired,
failed, reconciled).
Raises nothing. Notifies: pairing, events (payment_updated; pairing_failed for a search that waited
for a link).
$$;
GRANT EXECUTE ON FUNCTION api.expire_stale_payment_requests() TO halo_app, halo_listener, halo_cc;
