-- A database of some size, inserted as it would have grown: enough rows for the planner to leave small-table habits.
SET session_replication_role = replica;     -- neither triggers nor foreign keys: this is data, not something that happens

INSERT INTO core.customers (id, display_name, created_at)
SELECT gen_random_uuid(), 'Customer ' || n, now() - make_interval(mins => n) FROM generate_series(1, 6000) AS n;

INSERT INTO core.mitras (id, display_name, phone) SELECT gen_random_uuid(), 'Mitra ' || n, '+62997' || lpad(n::text, 9, '0') FROM generate_series(1, 3000) AS n;
INSERT INTO core.mitra_online_status (mitra_id, is_online, last_online_at, last_heartbeat_at)
SELECT id, phone < '+62997000002000', now() - interval '1 hour', now() FROM core.mitras;
INSERT INTO core.mitra_loads (mitra_id, capacity) SELECT id, 0 FROM core.mitras;
INSERT INTO core.mitra_status_log (mitra_id, action, cause, at)
SELECT id, action, 'mitra', now() - make_interval(hours => hours) FROM core.mitras CROSS JOIN (VALUES ('online', 2), ('offline', 1)) AS change (action, hours);
INSERT INTO core.mitra_withdrawals (mitra_id, cause, due_at) SELECT id, 'offline', now() + interval '1 hour' FROM core.mitras LIMIT 1500;

CREATE TEMP TABLE people AS
SELECT c.id AS customer_id, m.id AS mitra_id, c.n
FROM (SELECT id, row_number() OVER () AS n FROM core.customers) AS c
JOIN (SELECT id, row_number() OVER () AS n FROM core.mitras) AS m ON m.n = 1 + c.n % 3000;

-- two sessions of each customer that are over, and one that is going on of every second
INSERT INTO core.chat_sessions (
    id, customer_id, mitra_id, status, duration_minutes, started_at, expires_at, closing_ends_at, closing_cause, ended_at, end_reason, created_at)
SELECT gen_random_uuid(), customer_id, mitra_id, 'completed', 15, at, at + interval '15 minutes', at + interval '16 minutes', 'expired',
    at + interval '16 minutes', 'expired', at
FROM (SELECT customer_id, mitra_id, now() - make_interval(days => day, secs => n) AS at FROM people, generate_series(1, 2) AS day) AS over;
INSERT INTO core.chat_sessions (id, customer_id, mitra_id, status, duration_minutes, pairing_deadline, started_at, expires_at, closing_ends_at, closing_cause, created_at)
SELECT gen_random_uuid(), customer_id, CASE WHEN status IN ('active', 'closing') THEN mitra_id END, status, 15,
    CASE WHEN status IN ('searching', 'pending_acceptance') THEN now() + interval '90 seconds' + make_interval(secs => n / 100.0) END,
    CASE WHEN status IN ('active', 'closing') THEN now() END,
    CASE WHEN status IN ('active', 'closing') THEN now() + interval '10 minutes' + make_interval(secs => n / 100.0) END,
    CASE WHEN status = 'closing' THEN now() + interval '1 minute' + make_interval(secs => n / 100.0) END,
    CASE WHEN status = 'closing' THEN 'expired' END, now() - make_interval(secs => n / 100.0)
FROM (SELECT *, CASE WHEN n % 20 = 0 THEN 'searching' WHEN n % 20 = 2 THEN 'pending_acceptance' WHEN n % 20 = 4 THEN 'closing' ELSE 'active' END AS status
      FROM people WHERE n % 2 = 0) AS running;
UPDATE core.mitra_loads AS load SET capacity = core.capacity(load.mitra_id);
INSERT INTO core.session_warnings (session_id, seconds, due_at)
SELECT id, seconds, expires_at - make_interval(secs => seconds) FROM core.chat_sessions, unnest(ARRAY[180, 60]) AS seconds WHERE status = 'active';
INSERT INTO core.session_ratings (session_id, rating) SELECT id, 5 FROM core.chat_sessions WHERE status = 'completed' AND created_at < now() - interval '2 days';
INSERT INTO core.message_counters (session_id, last_seq) SELECT id, 10 FROM core.chat_sessions;
INSERT INTO core.message_watermarks (session_id, party) SELECT id, party FROM core.chat_sessions, unnest(ARRAY['customer', 'mitra']) AS party;

INSERT INTO core.price_packages (name, duration_minutes, price) VALUES ('Package', 15, 15000);
INSERT INTO core.payment_requests (
    id, customer_id, package_id, session_id, status, duration_minutes, amount, expires_at, paid_at, confirmed_at, consumed_at, created_at)
SELECT gen_random_uuid(), customer_id, (SELECT id FROM core.price_packages LIMIT 1), id,
    CASE WHEN started_at IS NULL THEN 'confirmed' ELSE 'consumed' END, 15, 15000, created_at + interval '15 minutes', created_at, created_at, started_at, created_at
FROM core.chat_sessions;
INSERT INTO core.payment_requests (id, customer_id, package_id, duration_minutes, amount, expires_at)
SELECT gen_random_uuid(), customer_id, (SELECT id FROM core.price_packages LIMIT 1), 15, 15000, now() + make_interval(secs => n / 10.0) FROM people WHERE n % 2 = 1;
INSERT INTO core.customer_transactions (customer_id, session_id, payment_request_id, type, amount, created_at)
SELECT customer_id, session_id, id, 'session', amount, consumed_at FROM core.payment_requests WHERE status = 'consumed';
INSERT INTO core.session_extensions (session_id, requested_duration_minutes, requested_price, status, expires_at, responded_at, payment_request_id)
SELECT session_id, 10, 10000, 'accepted', now(), now(), id FROM core.payment_requests WHERE status = 'consumed';

-- Of many webhooks few are flagged, of many refunds few go on.
INSERT INTO core.webhook_receipts (provider, receipt_key, body, received_at, processed_at, outcome, is_flagged, payment_request_id)
SELECT 'xendit', n::text, '{}', now() - n * interval '1 minute', now(), CASE WHEN n % 100 = 0 THEN 'mismatch' ELSE 'confirmed' END, n % 100 = 0, id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM core.payment_requests) AS paid;
INSERT INTO core.refunds (payment_request_id, amount, status, settled_at, requested_at)
SELECT id, 1000, CASE WHEN n % 500 = 0 THEN 'requested' ELSE 'succeeded' END, CASE WHEN n % 500 > 0 THEN now() END, now() - interval '2 days'
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM core.payment_requests WHERE status = 'consumed') AS kept;
UPDATE core.payment_requests AS payment
SET refund_status = CASE refund.status WHEN 'requested' THEN 'requested' ELSE 'refunded' END,
    refund_due_amount = CASE refund.status WHEN 'requested' THEN 1000 ELSE 0 END, refunded_amount = CASE refund.status WHEN 'requested' THEN 0 ELSE 1000 END
FROM core.refunds AS refund WHERE refund.payment_request_id = payment.id;

UPDATE core.chat_sessions SET status = 'extending', paused_at = now() WHERE id IN (SELECT id FROM core.chat_sessions WHERE status = 'active' LIMIT 200);
UPDATE core.session_extensions AS extension SET status = 'pending', responded_at = NULL, expires_at = now() + interval '1 minute'
FROM core.chat_sessions AS session WHERE session.id = extension.session_id AND session.status = 'extending';
DELETE FROM core.session_warnings WHERE session_id IN (SELECT id FROM core.chat_sessions WHERE status = 'extending');

INSERT INTO core.pairing_offers (id, session_id, mitra_id, round, wave, status, offered_at, expires_at, settled_at)
SELECT gen_random_uuid(), id, mitra_id, 1, 1, 'accepted', created_at, created_at + interval '30 seconds', created_at FROM core.chat_sessions WHERE mitra_id IS NOT NULL;
INSERT INTO core.pairing_offers (id, session_id, mitra_id, round, wave, offered_at, expires_at)
SELECT gen_random_uuid(), session.id, people.mitra_id, 1, 1, now(), now() + interval '30 seconds'
FROM core.chat_sessions AS session JOIN people USING (customer_id) WHERE session.status = 'pending_acceptance';
INSERT INTO core.pairing_failures (cause_tag, session_id, customer_id) SELECT 'not_accepted', id, customer_id FROM core.chat_sessions WHERE status = 'completed';

INSERT INTO core.auth_sessions (user_type, user_id, family, token_hash, expires_at)
SELECT 'customer', customer_id, gen_random_uuid(), decode(md5(n || ' ' || nth), 'hex'), now() + interval '30 days' FROM people, generate_series(1, 2) AS nth;
INSERT INTO core.otp_challenges (phone, user_type, code_hash, expires_at)
SELECT '+62996' || lpad(n::text, 9, '0'), 'customer', '\x01', now() + interval '5 minutes' FROM people;
INSERT INTO core.idempotency_keys (user_key, method, path, key, body_hash, status) SELECT 'customer:' || customer_id, 'POST', '/', 'key', '\x01', 201 FROM people;
INSERT INTO core.audit_log (actor, action, subject) SELECT 'test', 'test', n::text FROM people;
INSERT INTO core.deadline_runs (kind, at, lateness_ms) SELECT 'expiry', now() - make_interval(secs => n), '{1}' FROM people;

INSERT INTO core.events (recipient, seq, day, id, type, payload, created_at)
SELECT 'customer:' || customer_id, seq, (now() AT TIME ZONE 'UTC')::date - seq % 2, gen_random_uuid(), 'test', '{}', now() FROM people, generate_series(1, 5) AS seq;
INSERT INTO core.event_streams (recipient, last_seq) SELECT 'customer:' || customer_id, 5 FROM people;
INSERT INTO core.event_positions (recipient, seq) SELECT 'customer:' || customer_id, CASE WHEN n % 2 = 0 THEN 4 ELSE 5 END FROM people;
INSERT INTO core.event_queue (recipient) SELECT 'customer:' || customer_id FROM people WHERE n % 2 = 0;

-- a device of everybody, what was pushed to it, what is to be, and what somebody is just sending
INSERT INTO core.push_tokens (token, user_type, user_id)
SELECT 'device-of-' || id, 'customer', id FROM core.customers UNION ALL SELECT 'device-of-' || id, 'mitra', id FROM core.mitras;
INSERT INTO core.pushes (recipient, token, type, payload, collapse_key, expires_at, status, claims, settled_at, next_attempt_at)
SELECT 'customer:' || person.customer_id, 'device-of-' || person.customer_id, 'session_ended', jsonb_build_object('session_id', person.session_id),
    'session:' || person.session_id, now() + interval '1 hour', state.status, state.claims, CASE state.status WHEN 'sent' THEN now() END,
    CASE WHEN state.status = 'queued' AND person.n <= 100 THEN now() ELSE now() + interval '1 minute' END
FROM (SELECT customer_id, id AS session_id, row_number() OVER () AS n FROM core.chat_sessions WHERE status = 'active') AS person
CROSS JOIN (VALUES ('queued', 0), ('sending', 1), ('sent', 1)) AS state (status, claims)
WHERE state.status = 'sent' OR person.n <= 200;

RESET session_replication_role;
-- 30,000 entries of the audit log: by many, about many, each kind of change seldom.
INSERT INTO core.audit_log (actor, before, action, subject, at)
SELECT 'cc:' || n % 300, '10', CASE WHEN n % 500 = 0 THEN 'config.update' ELSE 'mitra.update' || n % 200 END,
    CASE WHEN n % 500 = 0 THEN 'blast_size' ELSE 'mitra ' || n % 1000 END, now() - n * interval '1 minute'
FROM generate_series(1, 30000) AS n;

ANALYZE;
