-- expire_stale_payment_requests, the safety net under every payment.
\ir tap.psql
SELECT pg_temp.plan(25);

CREATE FUNCTION pg_temp.swept() RETURNS text LANGUAGE sql AS $$
    SELECT format('%s expired, %s failed, %s reconciled', expired, failed, reconciled) FROM api.expire_stale_payment_requests()
$$;
-- A payment confirmed this long ago whose session never came to be, as a fault of ours would leave it.
CREATE FUNCTION pg_temp.undelivered(p_customer_id uuid, p_seconds integer) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_payment uuid := pg_temp.a_payment(p_customer_id);
BEGIN
    UPDATE core.payment_requests SET status = 'confirmed', paid_at = clock_timestamp() - make_interval(secs => p_seconds),
        confirmed_at = clock_timestamp() - make_interval(secs => p_seconds) WHERE id = v_payment;
    RETURN v_payment;
END
$$;

SELECT pg_temp.swept() \g /dev/null
SELECT pg_temp.equal(pg_temp.swept(), '0 expired, 0 failed, 0 reconciled', 'with nothing to do nothing is done');

-- expired
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_payment(:'customer') AS open, pg_temp.a_payment(:'customer') AS stale, pg_temp.a_payment(:'customer') AS staler \gset
UPDATE core.payment_requests SET expires_at = clock_timestamp() WHERE id IN (:'stale', :'staler');
SELECT pg_temp.equal(pg_temp.swept(), '2 expired, 0 failed, 0 reconciled', 'open links past their time expire');
SELECT pg_temp.equal(string_agg(DISTINCT status || ' ' || failure_cause || ' ' || refund_status, ', '), 'expired payment_expired none', 'owing nothing') FROM core.payment_requests WHERE id IN (:'stale', :'staler');
SELECT pg_temp.equal(status, 'pending', 'a link in its time stays open') FROM core.payment_requests WHERE id = :'open';
SELECT pg_temp.equal(count(*), 0::bigint, 'an expired link is no failure') FROM core.pairing_failures WHERE payment_request_id IN (:'stale', :'staler');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer'), 'payment_updated payment_updated', 'the customer is told');
SELECT pg_temp.equal(pg_temp.swept(), '0 expired, 0 failed, 0 reconciled', 'sweeping again does nothing');

-- reconciled
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.undelivered(:'customer', 299) AS payment \gset
SELECT pg_temp.equal(pg_temp.swept(), '0 expired, 0 failed, 1 reconciled', 'confirmed money without a session has its search started again');
SELECT pg_temp.equal(session.status || ' ' || payment.status, 'searching confirmed', 'with the money still held') FROM core.payment_requests AS payment JOIN core.chat_sessions AS session ON session.id = payment.session_id WHERE payment.id = :'payment';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer'), 'payment_updated', 'the customer is told');

-- failed_delivery
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.undelivered(:'customer', 301) AS payment \gset
SELECT pg_temp.equal(pg_temp.swept(), '0 expired, 1 failed, 0 reconciled', 'longer than payment_delivery_seconds is given up');
SELECT pg_temp.equal(status || ' ' || failure_cause || ' ' || refund_status || ' ' || refund_due_amount, 'failed_delivery failed_delivery due 15000', 'the whole amount is due') FROM core.payment_requests WHERE id = :'payment';
SELECT pg_temp.equal(cause_tag || ' ' || customer_id, 'failed_delivery ' || :'customer', 'the failure is on record') FROM core.pairing_failures WHERE payment_request_id = :'payment';
SELECT pg_temp.equal(count(*), 0::bigint, 'no search is started') FROM core.chat_sessions WHERE customer_id = :'customer';

-- younger, but the customer has a session
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.undelivered(:'customer', 10) AS payment, pg_temp.undelivered(:'customer', 20) AS older \gset
SELECT pg_temp.equal(pg_temp.swept(), '0 expired, 0 failed, 1 reconciled', 'a customer has one open session, so one of two waits');
SELECT pg_temp.equal(count(*), 1::bigint, 'with its search') FROM core.chat_sessions WHERE customer_id = :'customer';
UPDATE core.payment_requests SET confirmed_at = clock_timestamp() - interval '301 seconds' WHERE customer_id = :'customer' AND session_id IS NULL;
SELECT pg_temp.equal(pg_temp.swept(), '0 expired, 1 failed, 0 reconciled', 'until it has waited too long');

-- extensions
SELECT pg_temp.a_customer() AS customer, pg_temp.a_mitra() AS mitra \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(p_is_extension => true), true, :'session') ->> 'id') AS extension \gset
SELECT api.confirm_payment(:'extension') \g /dev/null
UPDATE core.payment_requests SET confirmed_at = clock_timestamp() - interval '299 seconds' WHERE id = :'extension';
SELECT pg_temp.equal(pg_temp.swept(), '0 expired, 0 failed, 0 reconciled', 'an extension''s money waits to be asked with');
UPDATE core.payment_requests SET confirmed_at = clock_timestamp() - interval '301 seconds' WHERE id = :'extension';
INSERT INTO core.session_extensions (session_id, requested_duration_minutes, requested_price, expires_at, payment_request_id)
VALUES (:'session', 15, 15000, clock_timestamp() + interval '1 minute', :'extension');
SELECT pg_temp.equal(pg_temp.swept(), '0 expired, 0 failed, 0 reconciled', 'held by a pending extension it is never swept');
DELETE FROM core.session_extensions WHERE payment_request_id = :'extension';
SELECT pg_temp.equal(pg_temp.swept(), '0 expired, 1 failed, 0 reconciled', 'with which nobody asked for longer than payment_delivery_seconds it is owed back');
SELECT pg_temp.equal(status, 'active', 'its session goes on') FROM core.chat_sessions WHERE id = :'session';

-- a search that began before its payment
SELECT pg_temp.set('pairing_before_payment', 'true');
SELECT pg_temp.a_payment(pg_temp.a_customer()) AS payment \gset
UPDATE core.payment_requests SET expires_at = clock_timestamp() WHERE id = :'payment';
SELECT pg_temp.equal(pg_temp.swept(), '1 expired, 0 failed, 0 reconciled', 'the sweep ends with a link');
SELECT pg_temp.equal(session.status || ' ' || session.end_reason, 'failed payment_expired', 'the search that waited for it, as run_due does') FROM core.payment_requests AS payment JOIN core.chat_sessions AS session ON session.id = payment.session_id WHERE payment.id = :'payment';

SELECT pg_temp.equal(unaccounted, 0::numeric, 'every rupiah is accounted for') FROM ops.money_balance;
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations WHERE invariant <> 'an extending session has its pending extension';

SELECT pg_temp.finish();
ROLLBACK;
