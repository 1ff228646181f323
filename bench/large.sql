-- A database as it would have grown, of a size: large.mitras, and large.sessions that are over, made within large.days.
-- bench/large.py fills a database with it. Two thirds of the mitras are online; a session goes on for each mitra, and
-- one mitra has served three thousand, and one customer had three hundred. Deadlines and heartbeats are an hour ahead, so
-- that nothing falls due while somebody looks.
SET session_replication_role = replica;     -- neither triggers nor foreign keys: this is data, not something that happens
CREATE TEMP TABLE size AS
SELECT current_setting('large.mitras')::integer AS mitras, current_setting('large.sessions')::integer AS sessions,
    current_setting('large.days')::integer AS days,
    2 * current_setting('large.mitras')::integer + current_setting('large.sessions')::integer / 5 AS customers;
SELECT core.make_day_partition(parent, (now() AT TIME ZONE 'UTC')::date - day)
FROM size, generate_series(0, days) AS day, unnest(ARRAY['chat_messages', 'events']) AS parent;

INSERT INTO core.customers (id, display_name, phone, is_anonymous, deleted_at, created_at)
SELECT gen_random_uuid(), 'Customer ' || n, CASE WHEN n % 5 = 0 THEN '+62995' || lpad(n::text, 9, '0') END, n % 5 > 0,
    CASE WHEN n % 400 = 0 THEN now() END, now() - n * make_interval(days => days) / customers
FROM size, generate_series(1, customers) AS n;

INSERT INTO core.mitras (id, display_name, phone, is_active, max_sessions)
SELECT gen_random_uuid(), CASE WHEN n % 1000 = 0 THEN 'Zara ' ELSE 'Mitra ' END || n, '+62997' || lpad(n::text, 9, '0'), n % 200 > 0,
    CASE WHEN n % 10 = 1 THEN 5 END
FROM size, generate_series(1, mitras) AS n;
INSERT INTO core.mitra_online_status (mitra_id, is_online, last_online_at, last_heartbeat_at)
SELECT id, is_active AND right(phone, 9)::integer % 3 > 0, now() - interval '1 hour' - right(phone, 9)::integer * interval '1 millisecond',
    now() + interval '1 hour' FROM core.mitras;
INSERT INTO core.mitra_loads (mitra_id, idle_since) SELECT id, now() - interval '1 day' FROM core.mitras;
INSERT INTO core.mitra_status_log (mitra_id, action, cause, at, duration)
SELECT id, CASE WHEN day % 2 = 0 THEN 'online' ELSE 'offline' END, 'mitra', now() - make_interval(days => day / 2, hours => 1 + day % 2), interval '8 hours'
FROM size, core.mitras, generate_series(1, 2 * least(days, 5)) AS day;
INSERT INTO core.mitra_withdrawals (mitra_id, cause, due_at) SELECT id, 'offline', now() + interval '1 hour' FROM core.mitras WHERE right(phone, 9)::integer % 30 = 0;

CREATE TEMP TABLE people AS
SELECT c.id AS customer_id, m.id AS mitra_id, c.n
FROM size
CROSS JOIN (SELECT id, row_number() OVER () AS n FROM core.customers) AS c
JOIN (SELECT id, row_number() OVER () AS n FROM core.mitras) AS m ON m.n = 1 + c.n % size.mitras;
CREATE UNIQUE INDEX ON people (n);
ANALYZE people;

-- Those that are over: few failed, fewer were cancelled. Then one for each mitra that goes on.
INSERT INTO core.chat_sessions (
    id, customer_id, mitra_id, status, topic_sensitivity, duration_minutes, pairing_deadline, started_at, expires_at, closing_ends_at, closing_cause,
    ended_at, end_reason, created_at)
SELECT gen_random_uuid(), person.customer_id, CASE WHEN over.status = 'completed' THEN server.mitra_id END, over.status,
    CASE WHEN over.n % 100 = 0 THEN 'sensitive' ELSE 'normal' END, 15, over.at + interval '2 minutes',
    CASE WHEN over.status = 'completed' THEN over.at END, over.at + interval '15 minutes', over.at + interval '16 minutes',
    CASE WHEN over.status = 'completed' THEN 'expired' END, over.at + interval '16 minutes',
    CASE over.status WHEN 'completed' THEN 'expired' WHEN 'failed' THEN 'not_accepted' ELSE 'customer_cancelled' END, over.at
FROM size
CROSS JOIN LATERAL (
    SELECT n, now() - interval '1 hour' - n * make_interval(days => size.days, hours => -2) / size.sessions AS at,
        CASE WHEN n % 25 = 1 THEN 'failed' WHEN n % 500 = 2 THEN 'cancelled' ELSE 'completed' END AS status,
        CASE WHEN n % greatest(1, size.sessions / 300) = 0 THEN 1 ELSE 2 + n % (size.customers - 2) END AS person,
        CASE WHEN n % greatest(1, size.sessions / 3000) = 0 THEN 1 ELSE 2 + n % (size.customers - 2) END AS server
    FROM generate_series(1, size.sessions) AS n
) AS over
JOIN people AS person ON person.n = over.person
JOIN people AS server ON server.n = over.server;
INSERT INTO core.chat_sessions (id, customer_id, mitra_id, status, duration_minutes, pairing_deadline, started_at, expires_at, closing_ends_at, closing_cause, created_at)
SELECT gen_random_uuid(), customer_id, CASE WHEN status IN ('active', 'closing') THEN mitra_id END, status, 15,
    CASE WHEN status IN ('searching', 'pending_acceptance') THEN now() + interval '1 hour' + make_interval(secs => n / 100.0) END,
    CASE WHEN status IN ('active', 'closing') THEN now() END,
    CASE WHEN status IN ('active', 'closing') THEN now() + interval '1 hour' + make_interval(secs => n / 100.0) END,
    CASE WHEN status = 'closing' THEN now() + interval '1 hour' + make_interval(secs => n / 100.0) END,
    CASE WHEN status = 'closing' THEN 'expired' END, now() - make_interval(secs => n / 100.0)
FROM (SELECT *, CASE WHEN n % 20 = 0 THEN 'searching' WHEN n % 20 = 2 THEN 'pending_acceptance' WHEN n % 20 = 4 THEN 'closing' ELSE 'active' END AS status
      FROM size, people WHERE n BETWEEN 2 AND 2 * mitras AND n % 2 = 0) AS running;
ANALYZE core.chat_sessions;
UPDATE core.mitra_loads AS load
SET capacity = core.capacity(load.mitra_id), has_own_maximum = mitra.max_sessions IS NOT NULL,
    waits_since = core.waits_since(mitra, status, core.capacity(load.mitra_id), load.idle_since)
FROM core.mitras AS mitra JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id WHERE mitra.id = load.mitra_id;
INSERT INTO core.session_warnings (session_id, seconds, due_at)
SELECT id, seconds, expires_at - make_interval(secs => seconds) FROM core.chat_sessions, unnest(ARRAY[180, 60]) AS seconds WHERE status = 'active';
INSERT INTO core.reply_deadlines (session_id, mitra_id, began_at, within, due_at)
SELECT id, mitra_id, now(), '2 min', now() + interval '1 min' FROM core.chat_sessions WHERE status = 'active';
INSERT INTO core.session_services (session_id, mitra_id, seconds) SELECT id, mitra_id, 900 FROM core.chat_sessions WHERE status = 'completed';
INSERT INTO core.session_ratings (session_id, rating) SELECT id, 5 FROM core.chat_sessions WHERE status = 'completed' AND created_at < now() - interval '12 hours';
INSERT INTO core.blocks (customer_id, mitra_id, party, session_id)
SELECT customer_id, mitra_id, 'customer', id FROM core.chat_sessions
WHERE status = 'completed' AND customer_id NOT IN (SELECT customer_id FROM core.chat_sessions WHERE status <> 'completed') ON CONFLICT DO NOTHING;
INSERT INTO core.reports (session_id, customer_id, mitra_id, party, had_started, reason, status, created_at, decided_at)
SELECT id, customer_id, mitra_id, 'customer', true, 'rude', 'dismissed', created_at, created_at FROM core.chat_sessions
WHERE status = 'completed' AND id <> (SELECT id FROM core.chat_sessions WHERE status = 'completed' ORDER BY created_at DESC LIMIT 1);
INSERT INTO core.chat_messages (session_day, session_id, seq, sender_type, sender_id, client_message_id, body, created_at)
SELECT core.session_day(session), session.id, seq, CASE seq % 2 WHEN 1 THEN 'customer' ELSE 'mitra' END,
    CASE seq % 2 WHEN 1 THEN session.customer_id ELSE session.mitra_id END, seq::text, 'A sentence as people write it.', session.created_at
FROM core.chat_sessions AS session, generate_series(1, 3) AS seq WHERE session.mitra_id IS NOT NULL;
INSERT INTO core.message_counters (session_id, last_seq) SELECT id, 3 FROM core.chat_sessions WHERE mitra_id IS NOT NULL;
INSERT INTO core.message_watermarks (session_id, party, user_id) SELECT id, party, CASE party WHEN 'customer' THEN customer_id ELSE mitra_id END
FROM core.chat_sessions, unnest(ARRAY['customer', 'mitra']) AS party WHERE mitra_id IS NOT NULL;

INSERT INTO core.price_packages (name, duration_minutes, price) VALUES ('Package', 15, 15000);
INSERT INTO core.payment_requests (
    id, customer_id, package_id, session_id, status, duration_minutes, amount, expires_at, paid_at, confirmed_at, consumed_at, created_at,
    failure_cause, refund_status, refunded_amount, provider)
SELECT gen_random_uuid(), customer_id, (SELECT id FROM core.price_packages LIMIT 1), id,
    CASE WHEN started_at IS NOT NULL THEN 'consumed' WHEN ended_at IS NOT NULL THEN 'failed' ELSE 'confirmed' END,
    15, 15000, created_at + interval '15 minutes', created_at, created_at, started_at, created_at,
    CASE WHEN started_at IS NULL THEN end_reason END, CASE WHEN started_at IS NULL AND ended_at IS NOT NULL THEN 'refunded' ELSE 'none' END,
    CASE WHEN started_at IS NULL AND ended_at IS NOT NULL THEN 15000 ELSE 0 END,
    CASE get_byte(uuid_send(id), 15) WHEN 0 THEN 'credit' WHEN 1 THEN 'manual' ELSE 'xendit' END
FROM core.chat_sessions;
INSERT INTO core.payment_requests (id, customer_id, package_id, duration_minutes, amount, expires_at, provider)
SELECT gen_random_uuid(), customer_id, (SELECT id FROM core.price_packages LIMIT 1), 15, 15000, now() + interval '1 hour' + make_interval(secs => n / 10.0),
    CASE n WHEN 3 THEN 'manual' ELSE 'xendit' END
FROM size, people WHERE n % 2 = 1 AND n < 2 * mitras;
INSERT INTO core.customer_transactions (customer_id, session_id, payment_request_id, type, amount, created_at)
SELECT customer_id, session_id, id, 'session', amount, consumed_at FROM core.payment_requests WHERE status = 'consumed';
INSERT INTO core.session_extensions (session_id, requested_duration_minutes, requested_price, status, expires_at, responded_at, payment_request_id)
SELECT payment.session_id, 10, 10000, 'accepted', now(), now(), payment.id
FROM core.payment_requests AS payment JOIN core.chat_sessions AS session ON session.id = payment.session_id
WHERE session.status = 'active' OR (session.status = 'completed' AND get_byte(uuid_send(session.id), 0) < 26);

-- Nearly everything that mitras earned is paid out; some of the last hours is not.
UPDATE core.chat_sessions SET mitra_share_percent = 60 WHERE started_at IS NOT NULL;
INSERT INTO core.mitra_earnings (session_id, mitra_id, amount, kept, share, at)
SELECT id, mitra_id, 9000, 15000, 9000, ended_at FROM core.chat_sessions WHERE status = 'completed';
INSERT INTO core.payout_periods (until, gathered_at) SELECT now() - interval '1 hour', now();
INSERT INTO core.payouts (mitra_id, until, amount, status, actor_id, paid_by, reference, settled_at, created_at)
SELECT mitra_id, now() - interval '1 hour', sum(amount), 'paid', gen_random_uuid(), gen_random_uuid(), 'F', now(), now() - random() * interval '30 days'
FROM core.mitra_earnings GROUP BY mitra_id;
UPDATE core.payouts SET status = 'open', paid_by = NULL, reference = NULL, settled_at = NULL WHERE id IN (SELECT id FROM core.payouts ORDER BY id LIMIT 20);
INSERT INTO core.earning_payouts (earning_id, mitra_id, payout_id)
SELECT earning.id, earning.mitra_id, CASE WHEN row_number() OVER (ORDER BY earning.at DESC) > 300 THEN payout.id END
FROM core.mitra_earnings AS earning JOIN core.payouts AS payout USING (mitra_id);

-- Of many webhooks few are flagged, of many refunds few go on.
INSERT INTO core.webhook_receipts (provider, receipt_key, body, received_at, processed_at, outcome, is_flagged, payment_request_id)
SELECT 'xendit', n::text, '{}', now() - n * interval '1 minute', now(), CASE WHEN n % 100 = 0 THEN 'mismatch' ELSE 'confirmed' END, n % 100 = 0, id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM core.payment_requests) AS paid;
INSERT INTO core.refunds (payment_request_id, amount, status, settled_at, requested_at)
SELECT id, 1000, CASE WHEN n % 50 = 0 THEN 'requested' ELSE 'succeeded' END, CASE WHEN n % 50 > 0 THEN now() END, now() - interval '2 days'
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM core.payment_requests WHERE status = 'consumed' AND get_byte(uuid_send(id), 0) < 26) AS kept;
UPDATE core.payment_requests AS payment
SET refund_status = CASE refund.status WHEN 'requested' THEN 'requested' ELSE 'refunded' END,
    refund_due_amount = CASE refund.status WHEN 'requested' THEN 1000 ELSE 0 END, refunded_amount = CASE refund.status WHEN 'requested' THEN 0 ELSE 1000 END
FROM core.refunds AS refund WHERE refund.payment_request_id = payment.id;

UPDATE core.chat_sessions SET status = 'extending', paused_at = now() WHERE id IN (SELECT id FROM core.chat_sessions WHERE status = 'active' LIMIT 200);
UPDATE core.session_extensions AS extension SET status = 'pending', responded_at = NULL, expires_at = now() + interval '1 hour'
FROM core.chat_sessions AS session WHERE session.id = extension.session_id AND session.status = 'extending';
WITH paid AS (
    INSERT INTO core.payment_requests (
        id, customer_id, package_id, session_id, status, duration_minutes, amount, is_extension, expires_at, paid_at, confirmed_at)
    SELECT gen_random_uuid(), customer_id, (SELECT id FROM core.price_packages LIMIT 1), id, 'confirmed', 10, 10000, true, now(), now(), now()
    FROM core.chat_sessions WHERE status = 'extending'
    RETURNING id, session_id
)
UPDATE core.session_extensions AS extension SET payment_request_id = paid.id
FROM paid WHERE extension.session_id = paid.session_id AND extension.status = 'pending';
DELETE FROM core.session_warnings WHERE session_id IN (SELECT id FROM core.chat_sessions WHERE status = 'extending');
DELETE FROM core.reply_deadlines WHERE session_id IN (SELECT id FROM core.chat_sessions WHERE status = 'extending');

INSERT INTO core.pairing_offers (id, session_id, mitra_id, round, wave, status, offered_at, expires_at, settled_at)
SELECT gen_random_uuid(), id, mitra_id, 1, 1, 'accepted', created_at, created_at + interval '30 seconds', created_at FROM core.chat_sessions WHERE mitra_id IS NOT NULL;
INSERT INTO core.pairing_offers (id, session_id, mitra_id, round, wave, offered_at, expires_at)
SELECT gen_random_uuid(), session.id, people.mitra_id, 1, 1, now(), now() + interval '1 hour'
FROM core.chat_sessions AS session JOIN people USING (customer_id) WHERE session.status = 'pending_acceptance';
INSERT INTO core.pairing_failures (cause_tag, session_id, customer_id, created_at) SELECT 'not_accepted', id, customer_id, created_at FROM core.chat_sessions WHERE status = 'failed';

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
INSERT INTO core.event_positions (recipient, seq) SELECT 'customer:' || customer_id, CASE WHEN n % 2 = 0 AND n <= 2 * mitras THEN 4 ELSE 5 END FROM size, people;
INSERT INTO core.event_queue (recipient) SELECT 'customer:' || customer_id FROM size, people WHERE n % 2 = 0 AND n <= 2 * mitras;

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

-- Operators, and what they use.
INSERT INTO core.control_center_users (email, display_name, role_id, password_hash)
SELECT 'operator' || n || '@example.com', 'Operator', (SELECT id FROM core.roles WHERE name = 'super_admin'), 'hash' FROM generate_series(1, 2) AS n;
INSERT INTO core.roles (name, permissions) VALUES ('nobody', '{}');
INSERT INTO core.auth_sessions (user_type, user_id, family, token_hash, expires_at, kind, used_at)
SELECT 'cc', cc_user.id, gen_random_uuid(), sha256((cc_user.email || kind)::bytea), now() + interval '1 day', kind, now()
FROM core.control_center_users AS cc_user, unnest(ARRAY['web', 'display']) AS kind;
INSERT INTO core.control_center_users (email, display_name, role_id, password_hash)
SELECT 'unused@example.com', 'Unused', id, 'hash' FROM core.roles WHERE name NOT IN ('nobody', 'super_admin') ORDER BY name LIMIT 1;
INSERT INTO core.mitras (display_name, phone) VALUES ('New', '+62998000000000');
INSERT INTO core.saved_views (cc_user_id, screen, name, query) SELECT id, 'sessions', 'Mine', 'status=active' FROM core.control_center_users;

ANALYZE;
