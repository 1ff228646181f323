-- A whole paid session from nothing but psql: psql <address> -f db/psql/play_a_session.sql
-- Run it beside a listener or alone; alone, the steps a listener would take are taken by hand.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on

SELECT api.seed_demo();
SELECT (items ->> 'id')::uuid AS mitra_id
FROM api.list_mitras(200) AS page, jsonb_array_elements(page -> 'items') AS items
WHERE items ->> 'phone' = '+628110000001' \gset
\echo 'The mitra goes online:'
SELECT api.go_online(:'mitra_id', 'dba');

SELECT user_id AS customer_id FROM api.register_anonymous_customer(sha256(gen_random_uuid()::text::bytea)) \gset
SELECT (items ->> 'id')::uuid AS package_id
FROM api.packages(:'customer_id') AS page, jsonb_array_elements(page -> 'items') AS items
WHERE NOT (items ->> 'is_extension')::boolean
ORDER BY items ->> 'price' LIMIT 1 \gset
SELECT api.create_payment_request(:'customer_id', :'package_id') ->> 'id' AS payment_request_id \gset
\echo 'The customer pays:'
SELECT api.confirm_payment(:'payment_request_id') AS payment \gset
SELECT :'payment'::jsonb ->> 'session_id' AS session_id \gset
SELECT session_id, status, live_offers, payment_status FROM ops.open_sessions WHERE session_id = :'session_id';

\echo 'Offers go out (a running listener may have been faster):'
SELECT count(*) || ' offers' FROM api.blast(:'session_id', ARRAY[:'mitra_id'::uuid]);
SELECT items ->> 'id' AS offer_id
FROM api.mitra_offers(:'mitra_id') AS page, jsonb_array_elements(page -> 'items') AS items
WHERE items ->> 'session_id' = :'session_id' \gset
\echo 'The mitra accepts:'
SELECT session ->> 'status', session ->> 'seconds_left' FROM api.accept_offer(:'offer_id', :'mitra_id') AS session;

\echo 'The customer ends it:'
SELECT session ->> 'status', session ->> 'end_reason', session ->> 'unused_seconds'
FROM api.end_session(:'session_id', 'customer', :'customer_id') AS session;
\echo 'What happened:'
SELECT at, what, who, details FROM ops.session_timeline(:'session_id');
\echo 'Money:'
SELECT to_jsonb(balance) FROM ops.money_balance AS balance;
SELECT count(*) || ' violated invariants' FROM ops.invariant_violations;
\echo 'The mitra goes offline:'
SELECT api.go_offline(:'mitra_id', 'dba');
