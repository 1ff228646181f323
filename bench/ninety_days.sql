-- A day of a market as it stands when all of it is over: days.day is the day before today that it is, days.sessions how
-- many people asked. One in 25 found nobody and was paid back, one in 40 went away, the others talked for half an hour;
-- half of what mitras earned is paid out. bench/ninety_days.py runs this for each day, without triggers and foreign keys:
-- this is data, not something that happens.
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT planned.*, customers.id AS customer_id, mitras.id AS mitra_id, gen_random_uuid() AS session_id,
    gen_random_uuid() AS payment_id, gen_random_uuid() AS earning_id
FROM (
    SELECT n, now() - (size.day - n::double precision / size.sessions) * interval '1 day' - interval '1 hour' AS at,
        CASE WHEN n % 25 = 1 THEN 'failed' WHEN n % 40 = 2 THEN 'cancelled' ELSE 'completed' END AS status,
        1 + (n * 7 + size.day * 104729) % people.customers AS customer, 1 + (n * 11 + size.day) % people.mitras AS mitra
    FROM (SELECT current_setting('days.day')::bigint AS day, current_setting('days.sessions')::bigint AS sessions) AS size
    CROSS JOIN (SELECT (SELECT count(*) FROM bench_customers) AS customers, (SELECT count(*) FROM bench_mitras) AS mitras) AS people
    CROSS JOIN LATERAL generate_series(1, size.sessions) AS n
) AS planned
JOIN bench_customers AS customers ON customers.n = planned.customer
JOIN bench_mitras AS mitras ON mitras.n = planned.mitra;

INSERT INTO core.chat_sessions (
    id, customer_id, mitra_id, status, topic_sensitivity, duration_minutes, pairing_deadline, started_at, expires_at,
    closing_ends_at, closing_cause, ended_at, end_reason, mitra_share_percent, created_at)
SELECT session_id, customer_id, CASE status WHEN 'completed' THEN mitra_id END, status,
    CASE WHEN n % 9 = 0 THEN 'sensitive' ELSE 'normal' END, 30, at + interval '2 min',
    CASE status WHEN 'completed' THEN at + interval '9 s' END, at + interval '30 min', at + interval '31 min',
    CASE status WHEN 'completed' THEN 'expired' END,
    at + CASE status WHEN 'completed' THEN interval '31 min' WHEN 'failed' THEN interval '2 min' ELSE interval '40 s' END,
    CASE status WHEN 'completed' THEN 'expired' WHEN 'failed' THEN 'not_accepted' ELSE 'cancelled_by_customer' END,
    CASE status WHEN 'completed' THEN 60 END, at
FROM made;
INSERT INTO core.payment_requests (
    id, customer_id, package_id, session_id, status, duration_minutes, amount, provider, provider_ref, expires_at, paid_at,
    confirmed_at, consumed_at, failure_cause, refund_status, refunded_amount, created_at)
SELECT payment_id, customer_id, package.id, session_id, CASE status WHEN 'completed' THEN 'consumed' ELSE 'failed' END,
    30, 50000, 'xendit', payment_id::text, at + interval '15 min', at, at,
    CASE status WHEN 'completed' THEN at + interval '9 s' END,
    CASE status WHEN 'failed' THEN 'not_accepted' WHEN 'cancelled' THEN 'cancelled_by_customer' END,
    CASE status WHEN 'completed' THEN 'none' ELSE 'refunded' END, CASE status WHEN 'completed' THEN 0 ELSE 50000 END,
    at - interval '20 s'
FROM made CROSS JOIN (SELECT id FROM core.price_packages WHERE name = 'Bench') AS package;
INSERT INTO core.customer_transactions (customer_id, session_id, payment_request_id, type, amount, created_at)
SELECT customer_id, session_id, payment_id, CASE status WHEN 'completed' THEN 'session' ELSE 'refund' END, 50000,
    at + interval '9 s'
FROM made;
INSERT INTO core.refunds (payment_request_id, amount, status, requested_at, settled_at)
SELECT payment_id, 50000, 'succeeded', at + interval '2 min', at + interval '9 min' FROM made WHERE status <> 'completed';
INSERT INTO core.webhook_receipts (
    provider, receipt_key, event, body, received_at, verified_at, processed_at, outcome, payment_request_id)
SELECT 'xendit', payment_id::text, 'payment.capture', jsonb_build_object('data', jsonb_build_object('reference_id', payment_id)),
    at, at, at, 'confirmed', payment_id FROM made;
INSERT INTO core.pairing_offers (session_id, mitra_id, round, wave, status, offered_at, expires_at, settled_at)
SELECT made.session_id, mitras.id, 1, 1,
    CASE WHEN offer = 0 AND made.status = 'completed' THEN 'accepted' WHEN offer = 2 THEN 'expired' ELSE 'rescinded' END,
    made.at, made.at + interval '30 s', made.at + CASE offer WHEN 2 THEN interval '30 s' ELSE interval '9 s' END
FROM made CROSS JOIN generate_series(0, 2) AS offer
JOIN bench_mitras AS mitras ON mitras.n = 1 + (made.mitra - 1 + offer) % (SELECT count(*) FROM bench_mitras);
INSERT INTO core.pairing_failures (cause_tag, session_id, payment_request_id, customer_id, details, created_at)
SELECT 'not_accepted', session_id, payment_id, customer_id, '{"waves": 2}', at + interval '2 min' FROM made WHERE status = 'failed';
INSERT INTO core.session_services (session_id, mitra_id, seconds)
SELECT session_id, mitra_id, 1800 FROM made WHERE status = 'completed';
INSERT INTO core.session_ratings (session_id, rating, created_at)
SELECT session_id, 5, at + interval '32 min' FROM made WHERE status = 'completed' AND n % 3 = 0;
INSERT INTO core.mitra_earnings (id, session_id, mitra_id, amount, kept, share, at)
SELECT earning_id, session_id, mitra_id, 30000, 50000, 30000, at + interval '31 min' FROM made WHERE status = 'completed';
-- Everything that is older than a week was paid out at the end of its day.
WITH payout AS (
    INSERT INTO core.payouts (mitra_id, until, amount, status, actor_id, paid_by, reference, created_at, settled_at)
    SELECT made.mitra_id, period.until, sum(30000), 'paid', period.one, period.other, 'BANK-1', period.until, period.until
    FROM made CROSS JOIN (SELECT now() - (current_setting('days.day')::integer - 1) * interval '1 day' AS until,
        gen_random_uuid() AS one, gen_random_uuid() AS other) AS period
    WHERE made.status = 'completed' AND current_setting('days.day')::integer > 7
    GROUP BY made.mitra_id, period.until, period.one, period.other
    RETURNING id, mitra_id, until
), period AS (
    INSERT INTO core.payout_periods (until, gathered_at) SELECT DISTINCT until, until FROM payout
)
INSERT INTO core.earning_payouts (earning_id, mitra_id, payout_id)
SELECT made.earning_id, made.mitra_id, payout.id
FROM made LEFT JOIN payout ON payout.mitra_id = made.mitra_id WHERE made.status = 'completed';
INSERT INTO core.mitra_status_log (mitra_id, action, cause, at, duration)
SELECT mitras.id, shift.action, 'mitra', now() - current_setting('days.day')::integer * interval '1 day' + shift.at, shift.at
FROM bench_mitras AS mitras, (VALUES ('online', interval '1 hour'), ('offline', interval '9 hours')) AS shift (action, at);
INSERT INTO core.audit_log (actor, action, subject, reason, at)
SELECT 'cc:bench@example.com', CASE WHEN n % 4 = 0 THEN 'payment.refund' ELSE 'pii.read' END, n::text, 'as usual',
    now() - current_setting('days.day')::integer * interval '1 day' + n * interval '2 min'
FROM generate_series(1, 500) AS n;
