-- A busy afternoon on the first released schema (migrations 0001 to 0006), as data: every table, every status, and things
-- that are going on or overdue at this moment. Ids tell what they are of: a mitra, c customer, d package, 5 session,
-- b payment request, f offer, e extension; a session, its payment and its customer have the same number.
--
-- Of what that release's loader made, only the partitions and the views that hold on to columns of tables are here.
DO $$
DECLARE
    v_today date := (now() AT TIME ZONE 'UTC')::date;
    v_parent text;
    v_day date;
BEGIN
    FOREACH v_parent IN ARRAY ARRAY['events', 'chat_messages'] LOOP
        FOR v_day IN SELECT generate_series(v_today - 3, v_today + 14, '1 day')::date LOOP
            EXECUTE format('CREATE TABLE core.%I PARTITION OF core.%I FOR VALUES FROM (%L) TO (%L)',
                v_parent || '_' || to_char(v_day, 'YYYYMMDD'), v_parent, v_day, v_day + 1);
            EXECUTE format('ALTER TABLE core.%I OWNER TO halo_owner', v_parent || '_' || to_char(v_day, 'YYYYMMDD'));
        END LOOP;
    END LOOP;
END
$$;
SET LOCAL ROLE halo_owner;

CREATE VIEW ops.money_balance AS
SELECT
    coalesce(sum(amount) FILTER (WHERE confirmed_at IS NOT NULL), 0) AS confirmed,
    coalesce(sum(amount) FILTER (WHERE status = 'confirmed'), 0) AS held,
    coalesce(sum(amount - refund_due_amount - refunded_amount) FILTER (WHERE status = 'consumed'), 0) AS kept,
    coalesce(sum(refund_due_amount), 0) AS refund_due,
    coalesce(sum(refunded_amount), 0) AS refunded,
    coalesce(sum(amount) FILTER (WHERE confirmed_at IS NOT NULL), 0)
        - coalesce(sum(amount) FILTER (WHERE status = 'confirmed'), 0)
        - coalesce(sum(amount - refund_due_amount - refunded_amount) FILTER (WHERE status = 'consumed'), 0)
        - coalesce(sum(refund_due_amount), 0) - coalesce(sum(refunded_amount), 0) AS unaccounted
FROM core.payment_requests;
CREATE VIEW ops.outbox AS
SELECT
    queue.recipient, count(*) AS notes, min(queue.created_at) AS waiting_since, clock_timestamp() - min(queue.created_at) AS waiting,
    coalesce(max(position.seq), 0) AS dispatched_seq, max(stream.last_seq) AS last_seq
FROM core.event_queue AS queue
LEFT JOIN core.event_positions AS position USING (recipient)
LEFT JOIN core.event_streams AS stream USING (recipient)
GROUP BY queue.recipient
ORDER BY waiting_since;
CREATE VIEW ops.deadline_lateness AS
SELECT
    run.kind, date_trunc('hour', run.at) AS hour, count(*) AS settled,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY lateness.ms)::numeric, 1) AS p50_ms,
    round(percentile_cont(0.99) WITHIN GROUP (ORDER BY lateness.ms)::numeric, 1) AS p99_ms,
    round(max(lateness.ms)::numeric, 1) AS max_ms
FROM core.deadline_runs AS run
CROSS JOIN LATERAL unnest(run.lateness_ms) AS lateness (ms)
GROUP BY run.kind, date_trunc('hour', run.at)
ORDER BY hour DESC, run.kind;

-- the control centre ----------------------------------------------------------------------------------------------------
-- an offer lasts five minutes here and a search ten, so that what is going on now still is when a slow machine looks at it
INSERT INTO core.app_config (key, value, version, updated_by, updated_at) VALUES
    ('heartbeat_stale_seconds', '90', 1, 'migrate', now() - interval '60 days'),
    ('heartbeat_fallback_slack_seconds', '60', 1, 'migrate', now() - interval '60 days'),
    ('mitra_max_sessions', '3', 1, 'migrate', now() - interval '60 days'),
    ('missed_offers_before_offline', '3', 1, 'migrate', now() - interval '60 days'),
    ('deactivation_session_policy', '"finish"', 1, 'migrate', now() - interval '60 days'),
    ('payment_request_ttl_seconds', '900', 1, 'migrate', now() - interval '60 days'),
    ('late_payment_policy', '"revive"', 1, 'migrate', now() - interval '60 days'),
    ('late_payment_revive_seconds', '600', 1, 'migrate', now() - interval '60 days'),
    ('payment_delivery_seconds', '300', 1, 'migrate', now() - interval '60 days'),
    ('pairing_before_payment', 'false', 3, 'cc:ayu@example.com', now() - interval '1 day'),
    ('blast_size', '10', 1, 'migrate', now() - interval '60 days'),
    ('offer_timeout_seconds', '300', 2, 'cc:ayu@example.com', now() - interval '3 days'),
    ('pairing_timeout_seconds', '600', 2, 'cc:ayu@example.com', now() - interval '3 days'),
    ('session_warning_seconds', '[180, 60]', 1, 'migrate', now() - interval '60 days'),
    ('closure_grace_seconds', '60', 1, 'migrate', now() - interval '60 days'),
    ('customer_absence_seconds', '120', 1, 'migrate', now() - interval '60 days'),
    ('mitra_absence_seconds', '60', 1, 'migrate', now() - interval '60 days'),
    ('outage_credit_policy', '"none"', 1, 'migrate', now() - interval '60 days'),
    ('extension_timeout_seconds', '300', 2, 'cc:ayu@example.com', now() - interval '3 days'),
    ('extension_default_action_on_timeout', '"auto_approve"', 1, 'migrate', now() - interval '60 days'),
    ('extension_settle_grace_seconds', '10', 1, 'migrate', now() - interval '60 days'),
    ('event_retention_days', '7', 1, 'migrate', now() - interval '60 days');
INSERT INTO core.roles (id, name, permissions, created_at) VALUES
    ('10000000000000000000000000000001', 'super_admin', '{"mitra": ["create", "read", "update", "delete"], "config": ["read", "update"], "pii": ["read"]}', now() - interval '60 days'),
    ('10000000000000000000000000000002', 'support', '{"sessions": ["read"], "payments": ["read"], "dashboard": ["read"]}', now() - interval '50 days');
INSERT INTO core.control_center_users (id, email, display_name, role_id, password_hash, is_active, created_at) VALUES
    ('20000000000000000000000000000001', 'ayu@example.com', 'Ayu', '10000000000000000000000000000001', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaA', true, now() - interval '60 days'),
    ('20000000000000000000000000000002', 'bima@example.com', 'Bima', '10000000000000000000000000000002', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaB', false, now() - interval '50 days');
INSERT INTO core.audit_log (at, actor, action, subject, before, after, request_id) VALUES
    (now() - interval '60 days', 'halo_cc', 'control_center_user.create', '20000000-0000-0000-0000-000000000001', NULL, '{"email": "ayu@example.com", "role": "super_admin"}', NULL),
    (now() - interval '3 days', 'cc:ayu@example.com', 'config.update', 'offer_timeout_seconds', '30', '300', 'r-1'),
    (now() - interval '2 days', 'cc:ayu@example.com', 'mitra.deactivate', 'a0000000-0000-0000-0000-000000000004', '{"is_active": true}', '{"is_active": false}', 'r-2');
INSERT INTO core.message_templates (name, locale, title, body, action) VALUES
    ('extension_request', 'id', 'Permintaan Perpanjang', '{customer} mau lanjut +{minutes} menit', 'open_extension'),
    ('extension_request', 'en', 'Extension', '{customer} would like {minutes} minutes more', 'open_extension');
INSERT INTO core.leaderships (name, epoch, holder, since) VALUES ('mirror', 41, 'listener-1:77', now() - interval '2 days');
INSERT INTO core.deadline_runs (kind, at, lateness_ms) VALUES
    ('expiry', now() - interval '2 hours', '{12.5, 40.25}'), ('offer', now() - interval '20 minutes', '{3.5}');

-- people ----------------------------------------------------------------------------------------------------------------
INSERT INTO core.customers (id, display_name, phone, is_anonymous, locale, deleted_at, created_at)
SELECT ('c' || lpad(n::text, 31, '0'))::uuid, CASE WHEN n % 3 > 0 THEN 'Pelanggan ' || n END,
    CASE WHEN n % 3 = 1 THEN '+62813000' || lpad(n::text, 5, '0') END, n % 3 <> 1, CASE WHEN n % 5 = 0 THEN 'en' ELSE 'id' END,
    CASE WHEN n = 50 THEN now() - interval '5 days' END, now() - interval '30 days'
FROM generate_series(1, 50) AS n;
INSERT INTO core.mitras (id, display_name, phone, is_active, max_sessions, locale, created_at) VALUES
    ('a0000000000000000000000000000001', 'Sari', '+6281200000001', true, NULL, 'id', now() - interval '60 days'),
    ('a0000000000000000000000000000002', 'Rina', '+6281200000002', true, 4, 'id', now() - interval '60 days'),
    ('a0000000000000000000000000000003', 'Dewi', '+6281200000003', true, NULL, 'en', now() - interval '50 days'),
    ('a0000000000000000000000000000004', 'Tono', '+6281200000004', false, NULL, 'id', now() - interval '50 days'),
    ('a0000000000000000000000000000005', 'Wati', '+6281200000005', true, 1, 'id', now() - interval '40 days');
INSERT INTO core.mitra_online_status (mitra_id, is_online, last_online_at, last_heartbeat_at, missed_offers, updated_at) VALUES
    ('a0000000000000000000000000000001', true, now() - interval '3 hours', now() - interval '20 seconds', 0, now() - interval '3 hours'),
    ('a0000000000000000000000000000002', true, now() - interval '2 hours', now() - interval '25 seconds', 1, now() - interval '2 hours'),
    ('a0000000000000000000000000000003', false, now() - interval '1 day', now() - interval '20 hours', 0, now() - interval '20 hours'),
    ('a0000000000000000000000000000004', false, now() - interval '3 days', now() - interval '2 days', 0, now() - interval '2 days'),
    ('a0000000000000000000000000000005', true, now() - interval '1 hour', now() - interval '15 seconds', 0, now() - interval '1 hour');
INSERT INTO core.mitra_loads (mitra_id, capacity, idle_since, version) VALUES
    ('a0000000000000000000000000000001', 2, now() - interval '30 minutes', (extract(epoch FROM now()) * 1000000)::bigint - 9000000),
    ('a0000000000000000000000000000002', 2, now() - interval '40 minutes', (extract(epoch FROM now()) * 1000000)::bigint - 8000000),
    ('a0000000000000000000000000000003', 0, now() - interval '20 hours', (extract(epoch FROM now()) * 1000000)::bigint - 72000000000),
    ('a0000000000000000000000000000004', 0, now() - interval '2 days', (extract(epoch FROM now()) * 1000000)::bigint - 172800000000),
    ('a0000000000000000000000000000005', 1, now() - interval '1 hour', (extract(epoch FROM now()) * 1000000)::bigint - 7000000);
INSERT INTO core.mitra_status_log (mitra_id, action, cause, actor_id, at, duration) VALUES
    ('a0000000000000000000000000000001', 'online', 'mitra', NULL, now() - interval '3 hours', '5 hours'),
    ('a0000000000000000000000000000003', 'online', 'mitra', NULL, now() - interval '1 day', '10 hours'),
    ('a0000000000000000000000000000003', 'offline', 'missed_offers', NULL, now() - interval '20 hours', '4 hours'),
    ('a0000000000000000000000000000004', 'offline', 'deactivated', '20000000000000000000000000000001', now() - interval '2 days', '1 day'),
    ('a0000000000000000000000000000004', 'deactivate', 'control_centre', '20000000000000000000000000000001', now() - interval '2 days', NULL),
    ('a0000000000000000000000000000005', 'activate', 'control_centre', '20000000000000000000000000000001', now() - interval '10 days', '3 days');
INSERT INTO core.auth_sessions (id, user_type, user_id, family, token_hash, created_at, expires_at, revoked_at, revoked_reason) VALUES
    ('30000000000000000000000000000001', 'customer', 'c0000000000000000000000000000004', '31000000000000000000000000000001', '\x01', now() - interval '1 day', now() + interval '29 days', now() - interval '1 hour', 'rotated'),
    ('30000000000000000000000000000002', 'customer', 'c0000000000000000000000000000004', '31000000000000000000000000000001', '\x02', now() - interval '1 hour', now() + interval '30 days', NULL, NULL),
    ('30000000000000000000000000000003', 'mitra', 'a0000000000000000000000000000001', '31000000000000000000000000000003', '\x03', now() - interval '3 hours', now() + interval '30 days', NULL, NULL),
    ('30000000000000000000000000000004', 'mitra', 'a0000000000000000000000000000004', '31000000000000000000000000000004', '\x04', now() - interval '9 days', now() + interval '21 days', now() - interval '2 days', 'deactivated'),
    ('30000000000000000000000000000005', 'cc', '20000000000000000000000000000001', '31000000000000000000000000000005', '\x05', now() - interval '3 hours', now() + interval '30 days', NULL, NULL);
INSERT INTO core.otp_challenges (phone, user_type, code_hash, tries, created_at, expires_at) VALUES
    ('+6281200000003', 'mitra', '\x0a', 2, now() - interval '1 minute', now() + interval '4 minutes'),
    ('+6281399999999', 'customer', '\x0b', 0, now(), now() + interval '5 minutes');
INSERT INTO core.push_tokens (token, user_type, user_id, platform, created_at, updated_at) VALUES
    ('token-of-a-phone', 'mitra', 'a0000000000000000000000000000001', 'android', now() - interval '9 days', now() - interval '1 day'),
    ('token-of-another', 'customer', 'c0000000000000000000000000000004', NULL, now() - interval '9 days', now() - interval '9 days');

-- sessions --------------------------------------------------------------------------------------------------------------
INSERT INTO core.price_packages (id, name, duration_minutes, price, first_session_price, is_extension, is_active, created_at) VALUES
    ('d0000000000000000000000000000001', 'Ngobrol 15 menit', 15, 15000, 5000, false, true, now() - interval '60 days'),
    ('d0000000000000000000000000000002', 'Ngobrol 30 menit', 30, 27000, NULL, false, true, now() - interval '60 days'),
    ('d0000000000000000000000000000003', 'Tambah 10 menit', 10, 10000, NULL, true, true, now() - interval '60 days'),
    ('d0000000000000000000000000000004', 'Promo Lebaran', 45, 30000, NULL, false, false, now() - interval '60 days');
INSERT INTO core.chat_sessions (id, customer_id, mitra_id, status, topic_sensitivity, duration_minutes, pairing_deadline,
    started_at, expires_at, paused_at, closing_ends_at, closing_cause, unused_seconds, ended_at, end_reason, created_at) VALUES
    -- 1: its first wave said no; 2: offers out; 3: accepted before it is paid; 17: searches before it is paid
    ('50000000000000000000000000000001', 'c0000000000000000000000000000001', NULL, 'searching', 'normal', 30, now() + interval '9 minutes',
        NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, now() - interval '1 minute'),
    ('50000000000000000000000000000002', 'c0000000000000000000000000000002', NULL, 'pending_acceptance', 'normal', 15, now() + interval '9 minutes',
        NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, now() - interval '1 minute'),
    ('50000000000000000000000000000003', 'c0000000000000000000000000000003', 'a0000000000000000000000000000002', 'pending_payment', 'normal', 30, now() + interval '9 minutes',
        NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, now() - interval '1 minute'),
    ('50000000000000000000000000000017', 'c0000000000000000000000000000017', NULL, 'searching', 'normal', 30, now() + interval '9 minutes',
        NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, now() - interval '30 seconds'),
    -- 4: in the middle; 5: its clock ran out a minute ago; 18: fills the one slot of its mitra
    ('50000000000000000000000000000004', 'c0000000000000000000000000000004', 'a0000000000000000000000000000001', 'active', 'sensitive', 30, NULL,
        now() - interval '10 minutes', now() + interval '20 minutes', NULL, NULL, NULL, 0, NULL, NULL, now() - interval '11 minutes'),
    ('50000000000000000000000000000005', 'c0000000000000000000000000000005', 'a0000000000000000000000000000002', 'active', 'normal', 15, NULL,
        now() - interval '16 minutes', now() - interval '1 minute', NULL, NULL, NULL, 0, NULL, NULL, now() - interval '17 minutes'),
    ('50000000000000000000000000000018', 'c0000000000000000000000000000018', 'a0000000000000000000000000000005', 'active', 'normal', 15, NULL,
        now() - interval '1 minute', now() + interval '14 minutes', NULL, NULL, NULL, 0, NULL, NULL, now() - interval '2 minutes'),
    -- 6: five minutes were left when the customer asked for ten more
    ('50000000000000000000000000000006', 'c0000000000000000000000000000006', 'a0000000000000000000000000000001', 'extending', 'normal', 15, NULL,
        now() - interval '11 minutes', now() + interval '4 minutes', now() - interval '1 minute', NULL, NULL, 0, NULL, NULL, now() - interval '12 minutes'),
    -- 7: its last words are over; 8: has them, because the mitra did not want to go on
    ('50000000000000000000000000000007', 'c0000000000000000000000000000007', 'a0000000000000000000000000000003', 'closing', 'normal', 25, NULL,
        now() - interval '27 minutes', now() - interval '65 seconds', NULL, now() - interval '5 seconds', 'expired', 0, NULL, NULL, now() - interval '28 minutes'),
    ('50000000000000000000000000000008', 'c0000000000000000000000000000008', 'a0000000000000000000000000000001', 'closing', 'normal', 15, NULL,
        now() - interval '14 minutes', now() - interval '10 seconds', NULL, now() + interval '50 seconds', 'extension_rejected', 42, NULL, NULL, now() - interval '15 minutes'),
    ('50000000000000000000000000000009', 'c0000000000000000000000000000009', 'a0000000000000000000000000000001', 'completed', 'normal', 30, NULL,
        now() - interval '2 days', now() - interval '2 days' + interval '30 minutes', NULL, now() - interval '2 days' + interval '31 minutes', 'expired', 0,
        now() - interval '2 days' + interval '31 minutes', 'expired', now() - interval '2 days'),
    ('50000000000000000000000000000010', 'c0000000000000000000000000000010', 'a0000000000000000000000000000002', 'completed', 'normal', 30, NULL,
        now() - interval '1 day', now() - interval '1 day' + interval '30 minutes', NULL, NULL, NULL, 600,
        now() - interval '1 day' + interval '20 minutes', 'ended_by_customer', now() - interval '1 day'),
    ('50000000000000000000000000000011', 'c0000000000000000000000000000011', 'a0000000000000000000000000000004', 'completed', 'normal', 15, NULL,
        now() - interval '3 days', now() - interval '3 days' + interval '12 minutes', NULL, now() - interval '3 days' + interval '13 minutes', 'extension_safeguard_tripped', 180,
        now() - interval '3 days' + interval '13 minutes', 'extension_safeguard_tripped', now() - interval '3 days'),
    ('50000000000000000000000000000012', 'c0000000000000000000000000000012', NULL, 'cancelled', 'normal', 30, now() - interval '50 minutes',
        NULL, NULL, NULL, NULL, NULL, 0, now() - interval '55 minutes', 'cancelled_by_customer', now() - interval '1 hour'),
    ('50000000000000000000000000000013', 'c0000000000000000000000000000013', NULL, 'failed', 'normal', 30, now() - interval '2 hours',
        NULL, NULL, NULL, NULL, NULL, 0, now() - interval '2 hours', 'not_accepted', now() - interval '130 minutes'),
    ('50000000000000000000000000000014', 'c0000000000000000000000000000014', NULL, 'failed', 'normal', 30, now() - interval '3 hours',
        NULL, NULL, NULL, NULL, NULL, 0, now() - interval '3 hours', 'no_mitra_available', now() - interval '190 minutes'),
    -- 15, 16: searched before they were paid, a day on which the centre tried that
    ('50000000000000000000000000000015', 'c0000000000000000000000000000015', 'a0000000000000000000000000000002', 'failed', 'normal', 30, now() - interval '25 hours',
        NULL, NULL, NULL, NULL, NULL, 0, now() - interval '25 hours', 'payment_expired', now() - interval '26 hours'),
    ('50000000000000000000000000000016', 'c0000000000000000000000000000016', NULL, 'cancelled', 'normal', 30, now() - interval '25 hours',
        NULL, NULL, NULL, NULL, NULL, 0, now() - interval '25 hours', 'cancelled_by_customer', now() - interval '26 hours');
INSERT INTO core.session_warnings (session_id, seconds, due_at) VALUES
    ('50000000000000000000000000000004', 180, now() + interval '17 minutes'), ('50000000000000000000000000000004', 60, now() + interval '19 minutes'),
    ('50000000000000000000000000000018', 180, now() + interval '11 minutes'), ('50000000000000000000000000000018', 60, now() + interval '13 minutes');
INSERT INTO core.session_ratings (session_id, rating, comment, created_at) VALUES
    ('50000000000000000000000000000009', 5, 'Terima kasih!', now() - interval '2 days'), ('50000000000000000000000000000010', 3, NULL, now() - interval '1 day');

-- money, of which that release gave nothing back yet -------------------------------------------------------------------
INSERT INTO core.payment_requests (id, customer_id, package_id, session_id, status, duration_minutes, amount, is_extension, is_first_session_discount,
    provider, provider_ref, checkout_url, expires_at, paid_at, confirmed_at, consumed_at, failure_cause, refund_status, refund_due_amount, refunded_amount, created_at)
SELECT ('b' || lpad(n::text, 31, '0'))::uuid, ('c' || lpad(customer::text, 31, '0'))::uuid, ('d' || lpad(package::text, 31, '0'))::uuid,
    ('5' || lpad(session::text, 31, '0'))::uuid, status, minutes, amount, package = 3, discount, provider, ref,
    CASE provider WHEN 'xendit' THEN 'https://checkout.example.com/' || ref ELSE '/api/payment-requests/b' || n || '/confirm' END,
    now() - age::interval + interval '15 minutes', now() - paid::interval, now() - paid::interval,
    now() - kept::interval, cause, refund, due, back, now() - age::interval
FROM (VALUES
    -- of the sessions above
    (1, 1, 2, 1, 'confirmed', 30, 27000, false, 'manual', NULL, '2 minutes', '1 minute', NULL, NULL, 'none', 0, 0),
    (2, 2, 1, 2, 'confirmed', 15, 5000, true, 'xendit', 'ps-2', '2 minutes', '1 minute', NULL, NULL, 'none', 0, 0),
    (3, 3, 2, 3, 'pending', 30, 27000, false, 'manual', NULL, '1 minute', NULL, NULL, NULL, 'none', 0, 0),
    (4, 4, 2, 4, 'consumed', 30, 27000, false, 'xendit', 'ps-4', '12 minutes', '11 minutes', '10 minutes', NULL, 'none', 0, 0),
    (5, 5, 1, 5, 'consumed', 15, 15000, false, 'manual', NULL, '18 minutes', '17 minutes', '16 minutes', NULL, 'none', 0, 0),
    (6, 6, 1, 6, 'consumed', 15, 15000, false, 'manual', NULL, '13 minutes', '12 minutes', '11 minutes', NULL, 'none', 0, 0),
    (7, 7, 1, 7, 'consumed', 15, 5000, true, 'xendit', 'ps-7', '29 minutes', '28 minutes', '27 minutes', NULL, 'none', 0, 0),
    (8, 8, 1, 8, 'consumed', 15, 15000, false, 'manual', NULL, '16 minutes', '15 minutes', '14 minutes', NULL, 'none', 0, 0),
    (9, 9, 4, 9, 'consumed', 30, 30000, false, 'manual', NULL, '49 hours', '48 hours', '48 hours', NULL, 'none', 0, 0),
    (10, 10, 2, 10, 'consumed', 30, 27000, false, 'xendit', 'ps-10', '25 hours', '24 hours', '24 hours', NULL, 'none', 0, 0),
    (11, 11, 1, 11, 'consumed', 15, 5000, true, 'manual', NULL, '73 hours', '72 hours', '72 hours', NULL, 'none', 0, 0),
    (12, 12, 2, 12, 'failed', 30, 27000, false, 'manual', NULL, '62 minutes', '1 hour', NULL, 'cancelled_by_customer', 'due', 27000, 0),
    (13, 13, 2, 13, 'failed', 30, 27000, false, 'xendit', 'ps-13', '131 minutes', '130 minutes', NULL, 'not_accepted', 'due', 27000, 0),
    (14, 14, 2, 14, 'failed', 30, 27000, false, 'manual', NULL, '191 minutes', '190 minutes', NULL, 'no_mitra_available', 'due', 27000, 0),
    (15, 15, 2, 15, 'expired', 30, 27000, false, 'manual', NULL, '26 hours', NULL, NULL, 'payment_expired', 'none', 0, 0),
    (16, 16, 2, 16, 'cancelled', 30, 27000, false, 'manual', NULL, '26 hours', NULL, NULL, 'cancelled_by_customer', 'none', 0, 0),
    (17, 17, 2, 17, 'pending', 30, 27000, false, 'manual', NULL, '30 seconds', NULL, NULL, NULL, 'none', 0, 0),
    (18, 18, 1, 18, 'consumed', 15, 15000, false, 'manual', NULL, '3 minutes', '2 minutes', '1 minute', NULL, 'none', 0, 0),
    -- for more time: asked for and waiting, accepted, rejected, cancelled, not answered, never asked for, not paid yet
    (106, 6, 3, 6, 'confirmed', 10, 10000, false, 'manual', NULL, '3 minutes', '2 minutes', NULL, NULL, 'none', 0, 0),
    (107, 7, 3, 7, 'consumed', 10, 10000, false, 'xendit', 'ps-107', '16 minutes', '15 minutes', '14 minutes', NULL, 'none', 0, 0),
    (108, 8, 3, 8, 'failed', 10, 10000, false, 'manual', NULL, '3 minutes', '2 minutes', NULL, 'extension_rejected', 'due', 10000, 0),
    (110, 10, 3, 10, 'failed', 10, 10000, false, 'xendit', 'ps-110', '24 hours', '23 hours 45 minutes', NULL, 'session_ended', 'due', 10000, 0),
    (111, 11, 3, 11, 'failed', 10, 10000, false, 'manual', NULL, '71 hours 55 minutes', '71 hours 50 minutes', NULL, 'extension_safeguard_tripped', 'due', 10000, 0),
    (109, 9, 3, 9, 'failed_delivery', 10, 10000, false, 'manual', NULL, '47 hours 50 minutes', '47 hours 45 minutes', NULL, 'failed_delivery', 'due', 10000, 0),
    (104, 4, 3, 4, 'pending', 10, 10000, false, 'manual', NULL, '1 minute', NULL, NULL, NULL, 'none', 0, 0),
    -- without a session: open links, one overdue, one expired although it was paid in time, one paid and not delivered yet
    (20, 20, 2, NULL, 'pending', 30, 27000, false, 'manual', NULL, '5 minutes', NULL, NULL, NULL, 'none', 0, 0),
    (21, 21, 2, NULL, 'pending', 30, 27000, false, 'xendit', 'ps-21', '17 minutes', NULL, NULL, NULL, 'none', 0, 0),
    (22, 22, 1, NULL, 'expired', 15, 5000, true, 'xendit', 'ps-22', '20 minutes', NULL, NULL, 'payment_expired', 'none', 0, 0),
    (23, 23, 2, NULL, 'confirmed', 30, 27000, false, 'xendit', 'ps-23', '3 minutes', '1 minute', NULL, NULL, 'none', 0, 0),
    (24, 24, 2, NULL, 'failed_delivery', 30, 27000, false, 'manual', NULL, '6 hours', '5 hours 50 minutes', NULL, 'failed_delivery', 'due', 27000, 0),
    (25, 25, 2, NULL, 'paid_late', 30, 27000, false, 'xendit', 'ps-25', '8 hours', '7 hours', NULL, 'paid_late', 'due', 27000, 0),
    (26, 4, 2, NULL, 'failed', 30, 27000, false, 'xendit', 'ps-26', '11 minutes', '9 minutes', NULL, 'session_already_open', 'due', 27000, 0),
    (27, 27, 2, NULL, 'failed', 30, 27000, false, 'xendit', 'ps-27', '9 hours', '530 minutes', NULL, 'payment_cancelled', 'due', 27000, 0),
    (30, 30, 1, NULL, 'cancelled', 15, 15000, false, 'manual', NULL, '4 days', NULL, NULL, 'cancelled_by_customer', 'none', 0, 0)
) AS request (n, customer, package, session, status, minutes, amount, discount, provider, ref, age, paid, kept, cause, refund, due, back);
INSERT INTO core.customer_transactions (customer_id, session_id, payment_request_id, type, amount, created_at)
SELECT customer_id, session_id, id, CASE WHEN is_extension THEN 'extension' ELSE 'session' END, amount, consumed_at
FROM core.payment_requests WHERE status = 'consumed';
INSERT INTO core.webhook_receipts (provider, receipt_key, event, body, received_at, verified_at, processed_at, outcome, is_flagged) VALUES
    ('xendit', 'webhook-2', 'payment_session.completed', '{"event": "payment_session.completed", "data": {"payment_session_id": "ps-2", "amount": 5000}}', now() - interval '1 minute', now() - interval '1 minute', now() - interval '1 minute', 'confirmed', false),
    ('xendit', 'webhook-9', 'payment_session.completed', '{"event": "payment_session.completed", "data": {"payment_session_id": "ps-99", "amount": 1}}', now() - interval '1 day', NULL, now() - interval '1 day', 'unknown_reference', true);
INSERT INTO core.idempotency_keys (user_key, method, path, key, body_hash, status, reply, created_at) VALUES
    ('customer:c0000000-0000-0000-0000-000000000020', 'POST', '/api/payment-requests', 'key-1', '\x01', 201, '{"id": "b0000000-0000-0000-0000-000000000020"}', now() - interval '5 minutes'),
    ('mitra:a0000000-0000-0000-0000-000000000001', 'POST', '/api/mitra/status/offline', 'key-2', '\x02', 204, NULL, now() - interval '4 hours');

-- pairing ---------------------------------------------------------------------------------------------------------------
INSERT INTO core.pairing_offers (id, session_id, mitra_id, round, wave, status, offered_at, expires_at, settled_at)
SELECT ('f' || lpad(n::text, 31, '0'))::uuid, ('5' || lpad(session::text, 31, '0'))::uuid, ('a' || lpad(mitra::text, 31, '0'))::uuid, 1, wave, status,
    now() - ago::interval, now() - ago::interval + interval '5 minutes', CASE WHEN status <> 'offered' THEN now() - ago::interval + interval '1 second' END
FROM (VALUES
    (1, 1, 1, 1, 'declined', '50 seconds'), (2, 1, 5, 1, 'declined', '50 seconds'),
    (3, 2, 3, 1, 'declined', '1 minute'), (4, 2, 1, 2, 'offered', '30 seconds'), (5, 2, 2, 2, 'offered', '30 seconds'),
    -- Wati's, who is full since and whose offers are to be withdrawn
    (6, 2, 5, 1, 'offered', '70 seconds'),
    (7, 3, 2, 1, 'accepted', '50 seconds'), (8, 3, 1, 1, 'rescinded', '50 seconds'),
    (9, 4, 1, 1, 'accepted', '10 minutes'), (10, 5, 2, 1, 'accepted', '16 minutes'), (11, 5, 3, 1, 'cancelled', '16 minutes'),
    (12, 6, 1, 1, 'accepted', '11 minutes'), (13, 7, 3, 1, 'accepted', '27 minutes'), (14, 8, 1, 1, 'accepted', '14 minutes'),
    (15, 9, 1, 1, 'accepted', '2 days'), (16, 10, 2, 1, 'accepted', '1 day'), (17, 11, 4, 1, 'accepted', '3 days'),
    (18, 12, 1, 1, 'cancelled', '58 minutes'), (19, 13, 1, 1, 'expired', '128 minutes'), (20, 13, 3, 1, 'expired', '128 minutes'),
    (21, 15, 2, 1, 'accepted', '25 hours 50 minutes'), (22, 18, 5, 1, 'accepted', '1 minute')
) AS offer (n, session, mitra, wave, status, ago);
INSERT INTO core.mitra_withdrawals (mitra_id, cause, due_at) VALUES ('a0000000000000000000000000000005', 'full', now() - interval '1 minute');
INSERT INTO core.pairing_failures (cause_tag, session_id, payment_request_id, customer_id, mitra_id, details, created_at) VALUES
    ('not_accepted', '50000000000000000000000000000013', 'b0000000000000000000000000000013', 'c0000000000000000000000000000013', NULL, '{"round": 1, "offers": 2}', now() - interval '2 hours'),
    ('no_mitra_available', '50000000000000000000000000000014', 'b0000000000000000000000000000014', 'c0000000000000000000000000000014', NULL, '{"round": 1, "offers": 0}', now() - interval '3 hours'),
    ('extension_rejected', '50000000000000000000000000000008', 'b0000000000000000000000000000108', 'c0000000000000000000000000000008', 'a0000000000000000000000000000001', '{"via_timeout": false}', now() - interval '10 seconds'),
    ('extension_safeguard_tripped', '50000000000000000000000000000011', 'b0000000000000000000000000000111', 'c0000000000000000000000000000011', 'a0000000000000000000000000000004', '{"via_timeout": true}', now() - interval '3 days'),
    ('failed_delivery', NULL, 'b0000000000000000000000000000024', 'c0000000000000000000000000000024', NULL, '{}', now() - interval '5 hours'),
    ('failed_delivery', '50000000000000000000000000000009', 'b0000000000000000000000000000109', 'c0000000000000000000000000000009', NULL, '{}', now() - interval '47 hours');
INSERT INTO core.session_extensions (id, session_id, requested_duration_minutes, requested_price, status, requested_at, expires_at, responded_at, payment_request_id)
SELECT ('e' || lpad(n::text, 31, '0'))::uuid, ('5' || lpad(n::text, 31, '0'))::uuid, 10, 10000, status, now() - asked::interval,
    now() - asked::interval + interval '5 minutes', now() - answered::interval, ('b' || lpad((100 + n)::text, 31, '0'))::uuid
FROM (VALUES
    (6, 'pending', '1 minute', NULL), (7, 'accepted', '15 minutes', '14 minutes'), (8, 'rejected', '1 minute', '10 seconds'),
    (10, 'cancelled', '23 hours 42 minutes', '23 hours 40 minutes'), (11, 'timeout', '71 hours 49 minutes', '71 hours 48 minutes')
) AS extension (n, status, asked, answered);

-- words -----------------------------------------------------------------------------------------------------------------
INSERT INTO core.chat_messages (session_day, session_id, seq, sender_type, sender_id, client_message_id, body, created_at)
SELECT (session.created_at AT TIME ZONE 'UTC')::date, session.id, n, CASE WHEN n % 2 = 1 THEN 'customer' ELSE 'mitra' END,
    CASE WHEN n % 2 = 1 THEN session.customer_id ELSE session.mitra_id END, 'message-' || n, 'Halo ' || n, session.started_at + make_interval(secs => n)
FROM core.chat_sessions AS session CROSS JOIN generate_series(1, 4) AS n WHERE session.started_at IS NOT NULL;
INSERT INTO core.message_counters (session_id, last_seq) SELECT id, 4 FROM core.chat_sessions WHERE started_at IS NOT NULL;
INSERT INTO core.message_watermarks (session_id, party, delivered_seq, read_seq, updated_at)
SELECT id, party, 4, 3, started_at + interval '5 seconds' FROM core.chat_sessions, unnest(ARRAY['customer', 'mitra']) AS party WHERE started_at IS NOT NULL;

-- the outbox: 2 of the stream of session 4's customer and of Sari are not dispatched yet, and Sari's first two are beyond retention
INSERT INTO core.event_streams (recipient, last_seq, floor_seq) VALUES
    ('customer:c0000000-0000-0000-0000-000000000004', 3, 0), ('mitra:a0000000-0000-0000-0000-000000000001', 5, 2), ('mitra:a0000000-0000-0000-0000-000000000004', 1, 0);
INSERT INTO core.event_positions (recipient, seq) VALUES
    ('customer:c0000000-0000-0000-0000-000000000004', 1), ('mitra:a0000000-0000-0000-0000-000000000001', 3), ('mitra:a0000000-0000-0000-0000-000000000004', 1);
INSERT INTO core.event_queue (recipient, created_at) VALUES
    ('customer:c0000000-0000-0000-0000-000000000004', now() - interval '2 seconds'), ('mitra:a0000000-0000-0000-0000-000000000001', now() - interval '2 seconds');
INSERT INTO core.events (recipient, seq, day, id, type, payload, created_at)
SELECT recipient, seq, ((now() - ago::interval) AT TIME ZONE 'UTC')::date, gen_random_uuid(), type, payload::jsonb, now() - ago::interval
FROM (VALUES
    ('customer:c0000000-0000-0000-0000-000000000004', 1, '11 minutes', 'payment_updated', '{"payment_request_id": "b0000000-0000-0000-0000-000000000004", "status": "confirmed"}'),
    ('customer:c0000000-0000-0000-0000-000000000004', 2, '2 seconds', 'payment_updated', '{"payment_request_id": "b0000000-0000-0000-0000-000000000004", "status": "consumed"}'),
    ('customer:c0000000-0000-0000-0000-000000000004', 3, '2 seconds', 'session_started', '{"session_id": "50000000-0000-0000-0000-000000000004"}'),
    ('mitra:a0000000-0000-0000-0000-000000000001', 3, '1 day', 'status_changed', '{"is_online": true}'),
    ('mitra:a0000000-0000-0000-0000-000000000001', 4, '11 minutes', 'pairing_offer', '{"offer_id": "f0000000-0000-0000-0000-000000000009"}'),
    ('mitra:a0000000-0000-0000-0000-000000000001', 5, '2 seconds', 'session_started', '{"session_id": "50000000-0000-0000-0000-000000000004"}'),
    ('mitra:a0000000-0000-0000-0000-000000000004', 1, '2 days', 'signed_out', '{"auth_session_ids": ["31000000-0000-0000-0000-000000000004"], "reason": "deactivated"}')
) AS event (recipient, seq, ago, type, payload);
RESET ROLE;
