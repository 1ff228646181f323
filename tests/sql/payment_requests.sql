-- What can be bought, and asking for its price.
\ir tap.psql
SELECT pg_temp.plan(46);

SELECT pg_temp.a_customer() AS customer, pg_temp.a_customer() AS stranger, pg_temp.a_mitra() AS mitra \gset
SELECT pg_temp.a_package(15000, 15, 5000) AS cheap_first, pg_temp.a_package(27000, 30) AS plain,
    pg_temp.a_package(10000, 10, p_is_extension => true) AS more, pg_temp.a_package(1, 1) AS gone \gset
UPDATE core.price_packages SET is_active = false WHERE id = :'gone';

-- packages
SELECT pg_temp.equal((item ->> 'price')::bigint, 15000::bigint, 'a stranger sees the full price') FROM jsonb_array_elements(api.packages() -> 'items') AS item WHERE item ->> 'id' = :'cheap_first';
SELECT pg_temp.equal((item ->> 'price')::bigint, 5000::bigint, 'a new customer sees the first-session price') FROM jsonb_array_elements(api.packages(:'customer') -> 'items') AS item WHERE item ->> 'id' = :'cheap_first';
SELECT pg_temp.equal((item ->> 'price')::bigint, 27000::bigint, 'a package without a first-session price costs the same') FROM jsonb_array_elements(api.packages(:'customer') -> 'items') AS item WHERE item ->> 'id' = :'plain';
SELECT pg_temp.equal(count(*), 0::bigint, 'an inactive package is not shown') FROM jsonb_array_elements(api.packages() -> 'items') AS item WHERE item ->> 'id' = :'gone';
SELECT pg_temp.ok(bool_and(item ?& '{id,name,duration_minutes,price,is_extension}'), 'a package has the fields that apps rely on') FROM jsonb_array_elements(api.packages() -> 'items') AS item;

-- create_payment_request
SELECT pg_temp.set('payment_request_ttl_seconds', '600');
SELECT api.create_payment_request(:'customer', :'cheap_first') AS asked \gset
SELECT (:'asked'::jsonb ->> 'id') AS payment \gset
SELECT pg_temp.ok(:'asked'::jsonb ?& '{id,status,package_id,duration_minutes,amount,is_extension,is_first_session_discount,provider,checkout_url,expires_at,session_id,refund_status}',
    'a payment request has the fields that apps rely on');
SELECT pg_temp.equal(:'asked'::jsonb ->> 'status', 'pending', 'a payment request begins pending');
SELECT pg_temp.equal(:'asked'::jsonb ->> 'amount', '5000', 'its amount is the first-session price');
SELECT pg_temp.equal(:'asked'::jsonb ->> 'is_first_session_discount', 'true', 'it says that it is the first session''s');
SELECT pg_temp.equal(:'asked'::jsonb ->> 'duration_minutes', '15', 'its minutes are the package''s');
SELECT pg_temp.equal(:'asked'::jsonb ->> 'session_id', NULL, 'no session is opened before the money is there');
SELECT pg_temp.equal(:'asked'::jsonb ->> 'checkout_url', '/api/payment-requests/' || :'payment' || '/confirm', 'the manual provider''s checkout is the route that confirms');
SELECT pg_temp.ok(expires_at - created_at BETWEEN interval '599 seconds' AND interval '601 seconds', 'the link lasts payment_request_ttl_seconds') FROM core.payment_requests WHERE id = :'payment';
SELECT pg_temp.equal((api.create_payment_request(:'customer', :'plain') ->> 'is_first_session_discount')::boolean, false, 'the full price is no discount');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer'), '', 'asking for money tells nobody');
SELECT pg_temp.equal(api.payment_request(:'payment', :'customer') ->> 'id', :'payment', 'its customer can read it');
SELECT pg_temp.refused(format('SELECT api.payment_request(%L, %L)', :'payment', :'stranger'), 'NOT_FOUND', 'another customer can not');

SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L)', :'customer', :'gone'), 'NOT_FOUND', 'an inactive package can not be bought');
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L)', gen_random_uuid(), :'plain'), 'NOT_FOUND', 'somebody unknown can not buy');
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L)', :'customer', :'more'), 'VALIDATION_ERROR', 'an extension package is not for a new session', 'is_extension');
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L, true, %L)', :'customer', :'plain', gen_random_uuid()), 'VALIDATION_ERROR', 'a base package is not for an extension', 'is_extension');
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L, true)', :'customer', :'more'), 'VALIDATION_ERROR', 'an extension needs its session', 'session_id');
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L, false, %L)', :'customer', :'plain', gen_random_uuid()), 'VALIDATION_ERROR', 'a new session has no id yet', 'session_id');

-- nobody available
SELECT pg_temp.equal(api.create_payment_request(:'customer', :'plain', p_anyone_available => false) ->> 'status', 'pending', 'the beacon''s no is doubted while PostgreSQL knows of somebody, who may not be mirrored yet');
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '100 seconds' WHERE is_online;
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L, p_anyone_available => false)', :'customer', :'plain'), 'NO_MITRA_AVAILABLE', 'no money is asked for when the beacon shows nobody');
UPDATE core.mitra_online_status SET is_online = false WHERE is_online;
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L)', :'customer', :'plain'), 'NO_MITRA_AVAILABLE', 'without the beacon''s word PostgreSQL judges');
SELECT pg_temp.equal(api.create_payment_request(:'customer', :'plain', p_anyone_available => true) ->> 'status', 'pending', 'the beacon''s word counts before PostgreSQL''s');
SELECT api.go_online(:'mitra') \g /dev/null

-- the first-session price is for the first session
SELECT api.confirm_payment(:'payment') AS paid \gset
SELECT (:'paid'::jsonb ->> 'session_id') AS session \gset
SELECT pg_temp.equal((item ->> 'price')::bigint, 15000::bigint, 'with a base payment confirmed the full price applies') FROM jsonb_array_elements(api.packages(:'customer') -> 'items') AS item WHERE item ->> 'id' = :'cheap_first';
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L)', :'customer', :'plain'), 'SESSION_ALREADY_OPEN', 'a customer has one open session');
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') \g /dev/null

-- extensions
SELECT api.create_payment_request(:'customer', :'more', true, :'session', false) AS extension \gset
SELECT pg_temp.equal(:'extension'::jsonb ->> 'session_id', :'session', 'an extension is of its session, whoever is available');
SELECT pg_temp.equal((:'extension'::jsonb ->> 'amount') || ' ' || (:'extension'::jsonb ->> 'is_first_session_discount'), '10000 false', 'an extension has its own price and no discount');
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L, true, %L)', :'stranger', :'more', :'session'), 'NOT_FOUND', 'nobody prolongs another''s session');
SELECT api.confirm_payment((:'extension'::jsonb ->> 'id')::uuid) AS extension_paid \gset
SELECT pg_temp.equal(:'extension_paid'::jsonb ->> 'status', 'confirmed', 'confirming an extension only makes it usable');
SELECT pg_temp.equal(status, 'active', 'and does not change the session') FROM core.chat_sessions WHERE id = :'session';
SELECT api.end_session(:'session', 'customer', :'customer') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L, true, %L)', :'customer', :'more', :'session'), 'SESSION_NOT_ACTIVE', 'an ended session can not be prolonged');
SELECT pg_temp.equal((api.create_payment_request(:'customer', :'cheap_first') ->> 'amount')::bigint, 15000::bigint, 'the second session costs the full price');

-- judged as if what is due were settled
SELECT pg_temp.a_customer() AS returning \gset
SELECT pg_temp.a_session(:'mitra', :'returning') AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L)', :'returning', :'plain'), 'SESSION_ALREADY_OPEN', 'in its last words a session is still open');
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.seq('customer', :'returning') AS seq \gset
SELECT pg_temp.equal(api.create_payment_request(:'returning', :'plain') ->> 'status', 'pending', 'past its grace it is over, though nobody settled it yet');
SELECT pg_temp.equal(status || ' ' || end_reason, 'completed expired', 'which is written') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('customer', :'returning', :seq), 'session_ended', 'and told');

-- cancel_payment_request
SELECT api.create_payment_request(:'stranger', :'plain') ->> 'id' AS link \gset
SELECT pg_temp.refused(format('SELECT api.cancel_payment_request(%L, %L)', :'link', :'customer'), 'NOT_FOUND', 'another customer can not take it back');
SELECT pg_temp.equal(api.cancel_payment_request(:'link', :'stranger') ->> 'status', 'cancelled', 'an open link can be taken back');
SELECT pg_temp.equal(pg_temp.told('customer', :'stranger'), 'payment_updated', 'its customer''s other devices are told');
SELECT pg_temp.equal(api.cancel_payment_request(:'link', :'stranger') ->> 'status', 'cancelled', 'taking it back twice is once');
SELECT pg_temp.equal(pg_temp.told('customer', :'stranger'), 'payment_updated', 'and told once');
SELECT pg_temp.refused(format('SELECT api.cancel_payment_request(%L, %L)', :'payment', :'customer'), 'INVALID_STATE', 'what is paid can not be taken back');

SELECT pg_temp.finish();
ROLLBACK;
