-- A whole paid session with an extension, from nothing but psql:
--
--   psql <address> -f db/psql/play_a_session.sql
--
-- In a second window, db/psql/watch_notifications.sql shows what it rings. With -v pause=<seconds>
-- it goes slower. It runs beside a listener or alone: it takes the listener's steps by hand.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\if :{?pause}
\else
    \set pause 0
\endif

SELECT api.seed_demo();
SELECT mitra_id FROM ops.mitra_availability
WHERE display_name = 'Mitra Satu' ORDER BY mitra_id LIMIT 1 \gset
\echo 'The mitra goes online:'
SELECT api.go_online(:'mitra_id', 'dba');

-- A new customer chooses the cheapest package, and one for an extension later.
SELECT user_id AS customer_id
FROM api.register_anonymous_customer(sha256(gen_random_uuid()::text::bytea)) \gset
SELECT item ->> 'id' AS package_id
FROM jsonb_array_elements(api.packages(:'customer_id') -> 'items') AS item
WHERE NOT (item ->> 'is_extension')::boolean ORDER BY (item ->> 'price')::bigint LIMIT 1 \gset
SELECT item ->> 'id' AS extension_package_id
FROM jsonb_array_elements(api.packages(:'customer_id') -> 'items') AS item
WHERE (item ->> 'is_extension')::boolean ORDER BY (item ->> 'price')::bigint LIMIT 1 \gset
SELECT pg_sleep(:pause) AS paused \gset
SELECT api.create_payment_request(:'customer_id', :'package_id') ->> 'id'
    AS payment_request_id \gset
\echo 'The customer pays:'
SELECT api.confirm_payment(:'payment_request_id') ->> 'session_id' AS session_id \gset
SELECT session_id, status, live_offers, payment_status FROM ops.open_sessions
WHERE session_id = :'session_id';

SELECT pg_sleep(:pause) AS paused \gset
\echo 'Offers go out (a running listener may have been faster):'
SELECT count(*) || ' offers' FROM api.blast(:'session_id', ARRAY[:'mitra_id'::uuid]);
SELECT item ->> 'id' AS offer_id
FROM jsonb_array_elements(api.mitra_offers(:'mitra_id') -> 'items') AS item
WHERE item ->> 'session_id' = :'session_id' \gset
SELECT pg_sleep(:pause) AS paused \gset
\echo 'The mitra accepts:'
SELECT session ->> 'status', session ->> 'seconds_left'
FROM api.accept_offer(:'offer_id', :'mitra_id') AS session;

SELECT pg_sleep(:pause) AS paused \gset
\echo 'The customer pays for ten minutes more, and asks for them:'
SELECT
    payment ->> 'id' AS extension_payment_id,
    payment ->> 'duration_minutes' AS minutes,
    payment ->> 'amount' AS price
FROM api.create_payment_request(
    :'customer_id', :'extension_package_id', true, :'session_id') AS payment \gset
SELECT api.confirm_payment(:'extension_payment_id') ->> 'status';
SELECT api.request_extension(
    :'session_id', :'customer_id', :minutes, :price, :'extension_payment_id'
) ->> 'id' AS extension_id \gset
SELECT status, seconds_left FROM ops.open_sessions WHERE session_id = :'session_id';
SELECT pg_sleep(:pause) AS paused \gset
\echo 'The mitra says yes:'
SELECT api.respond_to_extension(
    :'extension_id', :'session_id', :'mitra_id', true) ->> 'status';
SELECT status, seconds_left FROM ops.open_sessions WHERE session_id = :'session_id';

SELECT pg_sleep(:pause) AS paused \gset
\echo 'The customer ends it:'
SELECT session ->> 'status', session ->> 'end_reason', session ->> 'unused_seconds'
FROM api.end_session(:'session_id', 'customer', :'customer_id') AS session;
\echo 'What happened:'
SELECT at, what, who, details FROM ops.session_timeline(:'session_id');
\echo 'What the customer was told:'
SELECT seq, frame ->> 'type' FROM api.events_after('customer', :'customer_id', 0);
\echo 'Money:'
SELECT to_jsonb(balance) FROM ops.money_balance AS balance;
SELECT count(*) || ' violated invariants' FROM ops.invariant_violations;
\echo 'The mitra goes offline:'
SELECT api.go_offline(:'mitra_id', 'dba');
