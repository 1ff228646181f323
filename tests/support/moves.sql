-- Things that happen at random. Each is one statement, headed by its name and how often it happens: it finds without locks, as the apps do,
-- whom to do it to, and does it. Its one column says what came of it; without a row there was nobody to do it to.

-- whom: one row each, mostly one of those with whom something can be done, among those that came last

CREATE TEMP VIEW a_mitra AS SELECT * FROM core.mitras ORDER BY random() LIMIT 1;
CREATE TEMP VIEW a_customer AS SELECT * FROM core.customers ORDER BY random() LIMIT 1;
CREATE TEMP VIEW a_login AS SELECT * FROM core.auth_sessions WHERE revoked_at IS NULL ORDER BY random() LIMIT 1;
CREATE TEMP VIEW late_sessions AS SELECT * FROM core.chat_sessions ORDER BY created_at DESC LIMIT 60;
CREATE TEMP VIEW late_payments AS SELECT * FROM core.payment_requests ORDER BY created_at DESC, id DESC LIMIT 60;
CREATE TEMP VIEW late_offers AS SELECT * FROM core.pairing_offers ORDER BY offered_at DESC LIMIT 60;
CREATE TEMP VIEW a_session AS SELECT * FROM late_sessions ORDER BY core.is_open(status) DESC, random() LIMIT 1;
CREATE TEMP VIEW a_paired_session AS SELECT * FROM late_sessions WHERE mitra_id IS NOT NULL ORDER BY core.is_open(status) DESC, random() LIMIT 1;
CREATE TEMP VIEW a_running_session AS SELECT * FROM late_sessions WHERE status IN ('active', 'extending', 'closing') ORDER BY random() LIMIT 1;
CREATE TEMP VIEW a_conversation AS SELECT * FROM late_sessions WHERE status IN ('active', 'closing') ORDER BY random() LIMIT 1;
CREATE TEMP VIEW an_unoffered_session AS SELECT * FROM api.unoffered_sessions() ORDER BY random() LIMIT 1;
CREATE TEMP VIEW an_offer AS SELECT * FROM late_offers ORDER BY status = 'offered' DESC, random() LIMIT 1;
CREATE TEMP VIEW a_payment AS SELECT * FROM late_payments ORDER BY random() LIMIT 1;
CREATE TEMP VIEW an_unpaid_link AS SELECT * FROM late_payments WHERE status IN ('pending', 'expired', 'cancelled') ORDER BY random() LIMIT 1;
CREATE TEMP VIEW a_payment_without_link AS SELECT * FROM late_payments WHERE checkout_url IS NULL AND status = 'pending' ORDER BY random() LIMIT 1;
CREATE TEMP VIEW a_xendit_payment AS SELECT * FROM late_payments WHERE provider = 'xendit' ORDER BY confirmed_at IS NULL DESC, random() LIMIT 1;
CREATE TEMP VIEW a_paid_payment AS SELECT * FROM late_payments WHERE confirmed_at IS NOT NULL ORDER BY random() LIMIT 1;
CREATE TEMP VIEW a_usable_payment AS
SELECT payment.* FROM core.payment_requests AS payment
JOIN core.chat_sessions AS session ON session.id = payment.session_id
WHERE payment.status = 'confirmed' AND payment.is_extension AND (session.status IN ('active', 'closing') OR random() < 0.02)
ORDER BY random() LIMIT 1;
CREATE TEMP VIEW a_refund AS
SELECT * FROM (SELECT * FROM core.refunds ORDER BY requested_at DESC LIMIT 60) AS late
ORDER BY status IN ('requested', 'unanswered') DESC, random() LIMIT 1;
CREATE TEMP VIEW a_user AS SELECT * FROM core.control_center_users ORDER BY random() LIMIT 1;
CREATE TEMP VIEW a_rich_customer AS
SELECT customer_id AS id FROM core.balance_entries GROUP BY customer_id ORDER BY sum(amount) > 0 DESC, random() LIMIT 1;
CREATE TEMP VIEW a_payout AS
SELECT * FROM (SELECT * FROM core.payouts ORDER BY created_at DESC LIMIT 60) AS late
ORDER BY status IN ('open', 'held') DESC, random() LIMIT 1;
CREATE TEMP VIEW an_extension AS
SELECT extension.*, session.mitra_id FROM core.session_extensions AS extension
JOIN core.chat_sessions AS session ON session.id = extension.session_id
WHERE extension.status = 'pending' OR extension.payment_request_id = (SELECT id FROM a_payment)
ORDER BY extension.status = 'pending' DESC, random() LIMIT 1;

-- go_online: 8
SELECT api.go_online(id) ->> 'is_online' FROM a_mitra;

-- go_offline: 2
SELECT api.go_offline(id) ->> 'is_online' FROM a_mitra;

-- deactivate_mitra: 1
SELECT api.deactivate_mitra(id) ->> 'is_active' FROM a_mitra;

-- activate_mitra: 3
SELECT api.activate_mitra(id) ->> 'is_active' FROM a_mitra;

-- record_heartbeat: 2
SELECT left(api.record_heartbeat(id)::text, 0) || 'recorded' FROM a_mitra;

-- copy_heartbeats: 2
SELECT api.copy_heartbeats(array_agg(mitra_id), array_agg(clock_timestamp())) > 0 FROM core.mitra_online_status;

-- note_heartbeats: 1
SELECT api.note_heartbeats(array_agg(id)) > 0 FROM a_mitra;

-- auto_offline: 1
SELECT count(*) > 0 FROM api.auto_offline(ARRAY(SELECT id FROM core.mitras));

-- create_payment_request: 10
SELECT api.create_payment_request(a_customer.id, package.id, p_anyone_available => true,
    p_provider => CASE WHEN random() < 0.5 THEN 'manual' ELSE 'xendit' END) ->> 'status'
FROM a_customer, (SELECT id FROM core.price_packages WHERE NOT is_extension ORDER BY random() LIMIT 1) AS package;

-- create_payment_request for an extension: 6
SELECT api.create_payment_request(session.customer_id, package.id, true, session.id) ->> 'status'
FROM a_running_session AS session, (SELECT id FROM core.price_packages WHERE is_extension LIMIT 1) AS package;

-- attach_checkout: 6
SELECT api.attach_checkout(id, customer_id, id::text, '/') ->> 'status' FROM a_payment_without_link;

-- abandon_checkout: 1
SELECT api.abandon_checkout(id, customer_id)::text || 'abandoned' FROM a_payment_without_link;

-- confirm_payment: 10
SELECT api.confirm_payment(id, expires_at + make_interval(secs => CASE WHEN random() < 0.3 THEN 2000 * random() - 1000 END)) ->> 'status'
FROM an_unpaid_link;

-- cancel_payment_request: 2
SELECT api.cancel_payment_request(id, customer_id) ->> 'status' FROM a_payment;

-- expire_stale_payment_requests: 1
SELECT expired + failed + reconciled > 0 FROM api.expire_stale_payment_requests();

-- receive_webhook: 8
SELECT api.receive_webhook('xendit', event || id || too_much,
    jsonb_build_object('event', event, 'created', (SELECT created_at FROM core.payment_requests AS asked WHERE asked.id = happened.id), 'data', jsonb_build_object('reference_id', id, 'amount', amount + too_much)),
    CASE WHEN random() < 0.8 THEN jsonb_build_object('reference_id', id, 'amount', amount,
        'status', CASE WHEN random() < 0.8 THEN 'COMPLETED' ELSE 'ACTIVE' END) END) ->> 'outcome'
FROM (SELECT id, amount, (random() < 0.2)::integer AS too_much,
        ('{payment_session.completed,payment_session.completed,payment.capture,payment_session.expired,payment.failure}'::text[])[1 + floor(5 * random())] AS event
      FROM a_xendit_payment) AS happened;

-- process_webhook: 2
SELECT api.process_webhook(receipt_id, jsonb_build_object('reference_id', payment.id, 'amount', amount, 'status', 'COMPLETED')) ->> 'outcome'
FROM (SELECT * FROM api.unverified_webhooks('xendit') ORDER BY random() LIMIT 1) AS receipt
JOIN core.payment_requests AS payment ON payment.id = receipt.payment_request_id;

-- reconcile_payment: 2
SELECT api.reconcile_payment(id, jsonb_build_object('reference_id', id, 'amount', amount,
    'status', CASE WHEN random() < 0.5 THEN 'COMPLETED' ELSE 'EXPIRED' END))
FROM a_xendit_payment;

-- request_refund: 4
SELECT api.request_refund(id, CASE WHEN random() < 0.3 THEN 1000 END) ->> 'refund_status' FROM a_paid_payment;

-- request_refund by another way: 4
SELECT api.request_refund(payment.id, CASE WHEN random() < 0.3 THEN 1000 END, p_way => CASE WHEN random() < 0.5 THEN 'transfer' ELSE 'credit' END,
    p_reason => 'why', p_actor_id => a_user.id, p_customer_consented => true) ->> 'refund_status'
FROM a_paid_payment AS payment, a_user;

-- confirm_refund: 4
SELECT api.confirm_refund(refund.payment_request_id, random() < 0.7, 'BCA', 'T-1', clock_timestamp(), 'why', a_user.id) ->> 'refund_status'
FROM a_refund AS refund, a_user;

-- create_payment_request by credit: 3
SELECT api.create_payment_request(customer.id, package.id, p_anyone_available => true, p_use_credit => true) ->> 'status'
FROM a_rich_customer AS customer, (SELECT id FROM core.price_packages WHERE NOT is_extension ORDER BY random() LIMIT 1) AS package;

-- return_balance: 1
SELECT api.return_balance(id) ->> 'returned' FROM a_rich_customer;

-- close_payout_period: 2
SELECT jsonb_array_length(api.close_payout_period(clock_timestamp() - make_interval(secs => 2 * random()), a_user.id) -> 'items') > 0 FROM a_user;

-- mark_payout_paid: 4
SELECT api.mark_payout_paid(payout.id, 'F-1', a_user.id) ->> 'status' FROM a_payout AS payout, a_user;

-- mark_payout_failed: 2
SELECT api.mark_payout_failed(payout.id, 'why', a_user.id) ->> 'status' FROM a_payout AS payout, a_user;

-- hold_payout: 1
SELECT api.hold_payout(id, 'why') ->> 'status' FROM a_payout;

-- release_payout: 2
SELECT api.release_payout(payout.id, a_user.id) ->> 'status' FROM a_payout AS payout, a_user;

-- record_refund: 6
SELECT api.record_refund(id, news, CASE news WHEN 'sent' THEN id::text END) ->> 'refund_status'
FROM (SELECT id, ('{sent,sent,succeeded,succeeded,failed,refused,unanswered}'::text[])[1 + floor(7 * random())] AS news FROM a_refund) AS heard;

-- refunds_to_send: 1
SELECT count(*) > 0 FROM api.refunds_to_send('xendit');

-- blast: 8
SELECT (SELECT count(*) FROM api.blast(session_id, mitra_ids)) > 0
FROM (SELECT session_id, ARRAY(SELECT id FROM core.mitras ORDER BY random()) AS mitra_ids FROM an_unoffered_session) AS one;

-- blast by PostgreSQL's own choice: 3
SELECT (SELECT count(*) FROM api.blast(session_id)) > 0 FROM an_unoffered_session;

-- accept_offer: 14
SELECT api.accept_offer(id, mitra_id) ->> 'status' FROM an_offer;

-- decline_offer: 4
SELECT api.decline_offer(id, mitra_id) ->> 'status' FROM an_offer;

-- cancel_session: 2
SELECT api.cancel_session(id, customer_id) ->> 'status' FROM a_session;

-- end_session: 3
SELECT api.end_session(id, 'customer', customer_id) ->> 'status' FROM a_session;

-- end_session by its mitra: 2
SELECT api.end_session(id, 'mitra', mitra_id) ->> 'status' FROM a_paired_session;

-- end_session by the control centre: 1
SELECT api.end_session(id, 'cc', NULL) ->> 'status' FROM a_session;

-- note_presence: 6
SELECT coalesce(string_agg(news.state, ' '), 'no news') FROM (
    SELECT array_agg(session.id) AS ids, array_agg(seen.party) AS parties, array_agg(seen.user_id) AS users, array_agg(random() < 0.5) AS connected
    FROM (SELECT * FROM late_sessions WHERE core.is_open(status) ORDER BY random() LIMIT 5) AS session
    CROSS JOIN LATERAL (VALUES ('customer', session.customer_id), ('mitra', session.mitra_id)) AS seen (party, user_id)
    WHERE seen.user_id IS NOT NULL) AS looked
LEFT JOIN LATERAL api.note_presence(looked.ids, looked.parties, looked.users, looked.connected) AS news ON true
WHERE looked.ids IS NOT NULL;

-- ask_for_another_mitra: 4
SELECT api.ask_for_another_mitra(session.id, session.customer_id) ->> 'status'
FROM (SELECT * FROM late_sessions WHERE mitra_id IS NOT NULL AND core.is_open(status) ORDER BY id IN (
    SELECT session_id FROM core.session_presences WHERE party = 'mitra' AND state = 'gone'
    UNION ALL SELECT session_id FROM core.reply_deadlines WHERE is_overdue) DESC, random() LIMIT 1) AS session;

-- end_session for want of a reply: 3
SELECT api.end_session(session.id, 'customer', session.customer_id, true) ->> 'status'
FROM (SELECT * FROM late_sessions WHERE mitra_id IS NOT NULL AND core.is_open(status) ORDER BY id IN (
    SELECT session_id FROM core.reply_deadlines WHERE is_overdue) DESC, random() LIMIT 1) AS session;

-- reroute_session: 3
SELECT api.reroute_session(id) ->> 'status' FROM a_paired_session;

-- set_topic_sensitivity: 1
SELECT api.set_topic_sensitivity(id, mitra_id, 'sensitive') ->> 'topic_sensitivity' FROM a_paired_session;

-- rate_session: 1
SELECT api.rate_session(id, customer_id, 5) ->> 'rating' FROM a_session;

-- request_extension: 8
SELECT api.request_extension(session_id, customer_id, duration_minutes, amount, id) ->> 'status' FROM a_usable_payment;

-- respond_to_extension: 8
SELECT api.respond_to_extension(id, session_id, mitra_id, random() < 0.6) ->> 'status' FROM an_extension;

-- settle_extension: 2
SELECT api.settle_extension(extension_id, random() < 0.5) ->> 'status'
FROM (SELECT * FROM api.overdue_extensions() ORDER BY random() LIMIT 1) AS due;

-- send_message: 4
SELECT left(said.message::text, 0) || 'said'
FROM a_conversation AS session
CROSS JOIN LATERAL api.send_message(session.id, 'customer', session.customer_id, gen_random_uuid()::text, 'Halo') AS said;

-- read_messages: 2
SELECT mark.is_news FROM a_paired_session AS session
CROSS JOIN LATERAL api.read_messages(session.id, 'mitra', session.mitra_id, 3) AS mark;

-- block_other_party: 1
SELECT api.block_other_party(id, 'customer', customer_id) IS NOT NULL FROM a_paired_session;

-- block_other_party by its mitra: 1
SELECT api.block_other_party(id, 'mitra', mitra_id) IS NOT NULL FROM a_paired_session;

-- unblock_other_party: 6
SELECT left(api.unblock_other_party(session_id, party, CASE party WHEN 'customer' THEN customer_id ELSE mitra_id END)::text, 0) || 'unblocked'
FROM (SELECT * FROM core.blocks ORDER BY random() LIMIT 1) AS block;

-- report_other_party: 1
SELECT left(api.report_other_party(id, 'customer', customer_id, 'rude') ->> 'id', 0) || 'reported' FROM a_paired_session;

-- decide_report: 4
SELECT api.decide_report(id, ('{upheld,dismissed}'::text[])[1 + floor(2 * random())]) ->> 'status'
FROM (SELECT id FROM core.reports ORDER BY status = 'open' DESC, random() LIMIT 1) AS one;

-- run_due: 10
SELECT kind FROM api.run_due(20) LIMIT 1;

-- dispatch: 5
SELECT concat(CASE count(*) WHEN 0 THEN 'none' ELSE 'some' END,
    api.confirm_dispatched(coalesce(array_agg(recipient), '{}'), coalesce(array_agg(seq), '{}'))::text)
FROM (SELECT recipient, max(seq) AS seq FROM api.claim_events(50) GROUP BY recipient) AS taken;

-- claim_pushes: 2
SELECT count(*) > 0 FROM api.claim_pushes(50);

-- record_pushes: 2
SELECT count(*) > 0 FROM api.record_pushes((
    SELECT coalesce(jsonb_agg(jsonb_build_object('push_id', id, 'claim', claims,
        'outcome', ('{sent,connected,unregistered,refused,failed,unknown}'::text[])[1 + floor(6 * random())])), '[]')
    FROM (SELECT * FROM core.pushes WHERE settled_at IS NULL AND status = 'sending' LIMIT 50) AS claimed));

-- register_push_token of a mitra: 1
SELECT api.register_push_token('mitra', id, 'device-' || floor(20 * random()))::text || 'registered' FROM a_mitra;

-- register_push_token of a customer: 1
SELECT api.register_push_token('customer', id, 'device-' || floor(20 * random()))::text || 'registered' FROM a_customer;

-- forget_push_token: 1
SELECT api.forget_push_token('customer', id, 'device-' || floor(20 * random()))::text || 'forgotten' FROM a_customer;

-- request_otp: 2
SELECT api.request_otp(phone, 'mitra', 'code', 'here') FROM a_mitra;

-- verify_otp: 2
SELECT coalesce(login.refusal, 'in') FROM a_mitra AS mitra
CROSS JOIN LATERAL api.verify_otp(mitra.phone, 'mitra', 'code', decode(md5(random()::text), 'hex'), 'here') AS login;

-- refresh_login: 1
SELECT coalesce(login.refusal, 'in') FROM a_login
CROSS JOIN LATERAL api.refresh_login(a_login.token_hash, 1, decode(md5(random()::text), 'hex')) AS login;

-- logout: 1
SELECT api.logout(family)::text || 'out' FROM a_login;

-- set mitra_max_sessions: 1
SELECT api.set_config('mitra_max_sessions', to_jsonb(1 + floor(3 * random())), 'test') ->> 'key';

-- set pairing_before_payment: 1
SELECT api.set_config('pairing_before_payment', to_jsonb(random() < 0.5), 'test') ->> 'key';

-- set deactivation_session_policy: 1
SELECT api.set_config('deactivation_session_policy', to_jsonb(('{finish,reroute}'::text[])[1 + floor(2 * random())]), 'test') ->> 'key';

-- maintain: 1
SELECT left(concat(api.maintain_partitions(), (SELECT sum(api.prune(part, 100)) FROM api.prune_parts() AS part)), 0) || 'maintained';

-- set mitra_share_percent: 1
SELECT api.set_config('mitra_share_percent', to_jsonb(floor(101 * random())), 'test') ->> 'key';

-- change own share: 1
UPDATE core.mitras SET mitra_share_percent = CASE WHEN random() < 0.5 THEN floor(101 * random()) END WHERE id = (SELECT id FROM a_mitra) RETURNING 'changed';

-- change own maximum: 1
UPDATE core.mitras SET max_sessions = 1 + floor(4 * random()) WHERE id = (SELECT id FROM a_mitra) RETURNING 'changed';

-- time passes, clock: 2
WITH one AS (SELECT id FROM core.chat_sessions WHERE status = 'active' ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED),
silent AS (DELETE FROM core.session_warnings WHERE session_id IN (SELECT id FROM one))
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id IN (SELECT id FROM one) RETURNING 'passed';

-- time passes, warning: 2
WITH one AS (SELECT id FROM core.chat_sessions WHERE status = 'active' ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED),
moved AS (
    UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '1 minute'
    WHERE id IN (SELECT id FROM one) RETURNING id, expires_at)
UPDATE core.session_warnings AS warning SET due_at = moved.expires_at - make_interval(secs => warning.seconds)
FROM moved WHERE moved.id = warning.session_id RETURNING 'passed';

-- time passes, first reply: 3
WITH one AS (
    SELECT session.id FROM core.chat_sessions AS session JOIN core.reply_deadlines AS reply ON reply.session_id = session.id
    WHERE reply.due_at IS NOT NULL ORDER BY random() LIMIT 1 FOR NO KEY UPDATE OF session SKIP LOCKED)
UPDATE core.reply_deadlines AS reply
SET due_at = moment.at, began_at = moment.at - CASE WHEN reply.is_reminded THEN reply.within ELSE reply.within / 2 END
FROM (SELECT clock_timestamp() AS at) AS moment
WHERE reply.session_id IN (SELECT id FROM one) AND reply.due_at IS NOT NULL RETURNING 'passed';

-- time passes, grace: 2
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id IN (
    SELECT id FROM core.chat_sessions WHERE status = 'closing' ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) RETURNING 'passed';

-- time passes, pairing: 2
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id IN (
    SELECT id FROM core.chat_sessions WHERE status = 'searching' ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) RETURNING 'passed';

-- time passes, offer: 2
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id IN (
    SELECT id FROM core.pairing_offers WHERE status = 'offered' ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) RETURNING 'passed';

-- time passes, link: 2
UPDATE core.payment_requests SET expires_at = clock_timestamp() WHERE id IN (
    SELECT id FROM core.payment_requests WHERE status = 'pending' ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) RETURNING 'passed';

-- time passes, delivery: 2
UPDATE core.payment_requests SET confirmed_at = clock_timestamp() - interval '1 hour' WHERE id IN (
    SELECT id FROM core.payment_requests WHERE status = 'confirmed' AND is_extension ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING 'passed';

-- time passes, answer: 2
UPDATE core.session_extensions SET expires_at = clock_timestamp() - interval '11 seconds' WHERE id IN (
    SELECT id FROM core.session_extensions WHERE status = 'pending' ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) RETURNING 'passed';

-- time passes, refund: 1
UPDATE core.refunds SET requested_at = requested_at - interval '1 hour' WHERE id IN (
    SELECT id FROM core.refunds WHERE status = 'requested' ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) RETURNING 'passed';

-- time passes, heartbeat: 2
-- The mitra first, in the order of locks: last_online_at is part of its rank.
WITH one AS (SELECT id FROM core.mitras WHERE id IN (SELECT mitra_id FROM core.mitra_online_status WHERE is_online) ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '1 day', last_online_at = clock_timestamp() - interval '1 day' WHERE mitra_id IN (
    SELECT mitra_id FROM core.mitra_online_status WHERE mitra_id IN (SELECT id FROM one) FOR NO KEY UPDATE SKIP LOCKED) RETURNING 'passed';
