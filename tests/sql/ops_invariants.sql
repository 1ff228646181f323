-- Every invariant of ops.invariant_violations is there for something: what breaks it is seen, and api.check_invariants says
-- on all its pages what the view says, however small its slices are.
\ir tap.psql
SELECT pg_temp.plan(66);

SELECT pg_temp.a_mitra() AS ani, pg_temp.a_mitra() AS budi, pg_temp.a_mitra() AS citra, pg_temp.a_customer() AS customer, pg_temp.a_customer() AS patient \gset
SELECT pg_temp.a_session(:'ani') AS running, pg_temp.a_session(:'ani', :'customer') AS rerouted, pg_temp.a_search() AS search, pg_temp.a_search() AS offered \gset
SELECT pg_temp.an_offer(:'offered', :'citra') \g /dev/null
SELECT api.reroute_session(:'rerouted') \g /dev/null
SELECT api.accept_offer(pg_temp.an_offer(:'rerouted', :'budi'), :'budi') \g /dev/null
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(10000, 10, NULL, true), true, :'rerouted') ->> 'id')::uuid AS extension_payment \gset
SELECT api.confirm_payment(:'extension_payment') \g /dev/null
SELECT api.respond_to_extension((api.request_extension(:'rerouted', :'customer', 10, 10000, :'extension_payment') ->> 'id')::uuid, :'rerouted', :'budi', true) \g /dev/null
SELECT api.request_refund(pg_temp.payment_of(:'rerouted'), 1000) \g /dev/null
SELECT pg_temp.a_session(:'budi', :'patient') AS moved \gset
SELECT api.reroute_session(:'moved') \g /dev/null
SELECT api.end_session(pg_temp.a_session(:'budi'), 'cc', NULL) ->> 'id' AS ended \gset
SELECT api.close_payout_period(clock_timestamp(), gen_random_uuid()) \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'before, none is violated') FROM ops.invariant_violations;

CREATE TEMP TABLE breakers (invariant text, statements text);
INSERT INTO pg_temp.breakers VALUES
    ('capacity is what chat_sessions say', format('UPDATE core.mitra_loads SET capacity = 9 WHERE mitra_id = %L', :'ani')),
    ('a mitra waits as it is stored', format('UPDATE core.mitra_loads SET waits_since = NULL WHERE mitra_id = %L', :'ani')),
    ('a mitra waits as it is stored', format('UPDATE core.mitra_loads SET has_own_maximum = true WHERE mitra_id = %L', :'ani')),
    ('a deactivated mitra is offline', format('UPDATE core.mitras SET is_active = false WHERE id = %L', :'ani')),
    ('a deactivated mitra has no login', format('UPDATE core.mitras SET is_active = false WHERE id = %L;
        INSERT INTO core.auth_sessions (user_type, user_id, family, token_hash, expires_at) VALUES (''mitra'', %1$L, gen_random_uuid(), ''\xfe'', ''infinity'')', :'ani')),
    ('a replaced package can not be bought', format('INSERT INTO core.price_packages (name, duration_minutes, price, replaces) SELECT name, duration_minutes, price, id FROM core.price_packages WHERE id = %L', pg_temp.a_package())),
    ('live offers are of a session pending acceptance, in its round', format('UPDATE core.chat_sessions SET round = 2 WHERE id = %L', :'offered')),
    ('a session pending acceptance has a live offer', format('UPDATE core.pairing_offers SET status = ''declined'', settled_at = now() WHERE session_id = %L', :'offered')),
    ('a paired session has its accepted offer', format('UPDATE core.pairing_offers SET status = ''declined'' WHERE session_id = %L', :'running')),
    ('a session that started was paid for', format('UPDATE core.payment_requests SET session_id = NULL WHERE session_id = %L', :'running')),
    ('a searching session has money held, or a link still open', format('UPDATE core.payment_requests SET session_id = NULL WHERE session_id = %L', :'search')),
    ('an ended session holds no money', format('UPDATE core.chat_sessions SET status = ''failed'', end_reason = ''lost'', ended_at = now() WHERE id = %L', :'search')),
    ('a consumed payment is one transaction of its amount', format('UPDATE core.payment_requests SET amount = amount + 1 WHERE session_id = %L', :'running')),
    ('a charge is of a consumed payment', format('UPDATE core.payment_requests SET status = ''confirmed'' WHERE session_id = %L', :'running')),
    ('every rupiah is accounted for', format('ALTER TABLE core.payment_requests DROP CONSTRAINT payment_requests_every_rupiah;
        UPDATE core.payment_requests SET refund_status = ''due'', refund_due_amount = 1 WHERE session_id = %L', :'search')),
    ('a total is the sum of its rows', 'INSERT INTO core.figure_changes VALUES (''money_held'', ''-infinity'', 0, 1)'),
    ('a total is the sum of its rows', 'INSERT INTO core.figures VALUES (''requests'', ''ever'', ''-infinity'', 0, 1)
        ON CONFLICT (metric, step, at, bucket) DO UPDATE SET value = 0'),
    ('what was refunded is in refunds and in transactions', format('UPDATE core.refunds SET amount = amount + 1 WHERE payment_request_id = %L', pg_temp.payment_of(:'rerouted'))),
    ('what was refunded is in refunds and in transactions', format('INSERT INTO core.customer_transactions (customer_id, payment_request_id, type, amount) VALUES (%L, %L, ''refund'', 1)', :'customer', pg_temp.payment_of(:'rerouted'))),
    ('a refund is of money that came', format('INSERT INTO core.customer_transactions (customer_id, payment_request_id, type, amount) VALUES (%L, %L, ''refund'', 1)', :'patient', pg_temp.payment_of(:'moved'))),
    ('a payment whose refund is requested has one such refund, of no more than is due', format('UPDATE core.payment_requests SET refund_status = ''requested'', refund_due_amount = 1 WHERE session_id = %L', :'running')),
    ('a payment whose refund is requested has one such refund, of no more than is due', format('INSERT INTO core.refunds (payment_request_id, amount) VALUES (%L, 1)', pg_temp.payment_of(:'running'))),
    ('every rupiah of a payment is in one place', format('ALTER TABLE core.payment_requests DROP CONSTRAINT payment_requests_every_rupiah;
        UPDATE core.payment_requests SET refund_status = ''due'', refund_due_amount = amount + 1 WHERE session_id = %L', :'running')),
    ('a payment by credit is not refunded by a provider', format('UPDATE core.payment_requests SET provider = ''credit'' WHERE id = %L', pg_temp.payment_of(:'rerouted'))),
    ('what was credited is in the balance', format('UPDATE core.payment_requests SET refund_status = ''refunded'', credited_amount = 1 WHERE session_id = %L', :'running')),
    ('what is credited is a refund of way credit', format('WITH failed AS (
            INSERT INTO core.refunds (payment_request_id, amount, way, status, settled_at) VALUES (%L, 1, ''credit'', ''failed'', now()) RETURNING id)
        INSERT INTO core.balance_entries (customer_id, kind, amount, payment_request_id, refund_id) SELECT %L, ''credited'', 1, %1$L, id FROM failed',
        pg_temp.payment_of(:'running'), :'patient')),
    ('what a balance paid is an entry of its amount', format('INSERT INTO core.balance_entries (customer_id, kind, amount, payment_request_id) VALUES (%L, ''spent'', -1, %L)', :'patient', pg_temp.payment_of(:'moved'))),
    ('who left has no balance', format('INSERT INTO core.balance_entries (customer_id, kind, amount, payment_request_id) VALUES (%L, ''returned'', -1, %L);
        UPDATE core.customers SET deleted_at = now() WHERE id = %1$L', :'patient', pg_temp.payment_of(:'moved'))),
    ('a balance is above zero, and what the transactions say', format('INSERT INTO core.balance_entries (customer_id, kind, amount, payment_request_id) VALUES (%L, ''returned'', -1, %L)', :'patient', pg_temp.payment_of(:'moved'))),
    ('a mitra earned its share of a session that is over', format('UPDATE core.chat_sessions SET mitra_share_percent = 50 WHERE id = %L', :'ended')),
    ('kept money is unassigned, of the platform, owed or paid out', format('UPDATE core.payouts SET amount = amount + 1, status = ''paid'', reference = ''F'', settled_at = now(), paid_by = gen_random_uuid() WHERE mitra_id = %L', :'budi')),
    ('whose money is is counted as it moves', 'INSERT INTO core.figure_changes VALUES (''money_earned'', ''-infinity'', 0, 1)'),
    ('each earning is in one payout, or in none', 'DELETE FROM core.earning_payouts'),
    ('a payout is the sum of its earnings, and has none when it failed', format('UPDATE core.payouts SET amount = amount + 1 WHERE mitra_id = %L', :'budi')),
    ('an extension is answered as its payment was used', format('UPDATE core.session_extensions SET status = ''rejected'' WHERE session_id = %L', :'rerouted')),
    ('a session is in the round after its last reroute', format('UPDATE core.chat_sessions SET round = 1 WHERE id = %L', :'moved')),
    ('a mitra a session was taken from is excluded from it', format('UPDATE core.chat_sessions SET excluded_mitra_ids = ''{}'' WHERE id = %L', :'moved')),
    ('nobody is offered, or has, a session that was taken from him', format('UPDATE core.chat_sessions SET mitra_id = %L WHERE id = %L', :'ani', :'rerouted')),
    ('nobody is offered, or has, a session that was taken from him', format('INSERT INTO core.pairing_offers (session_id, mitra_id, round, wave, expires_at) VALUES (%L, %L, 2, 1, now())', :'moved', :'budi')),
    ('a search keeps bought time exactly when its session had started', format('UPDATE core.chat_sessions SET remaining = NULL WHERE id = %L', :'moved')),
    ('an extending session has its pending extension', format('UPDATE core.chat_sessions SET status = ''extending'', paused_at = now() WHERE id = %L', :'running')),
    ('warnings are of active sessions, before their end', format('UPDATE core.session_warnings SET due_at = due_at - interval ''1 second'' WHERE session_id = %L', :'running')),
    ('a first reply is awaited of the mitra of a running session', format('UPDATE core.reply_deadlines SET due_at = NULL WHERE session_id = %L', :'running')),
    ('a stream is gapless above its floor', format('DELETE FROM core.events WHERE recipient = %L AND seq = 1', 'customer:' || :'customer')),
    ('nothing is dispatched that was not emitted', format('INSERT INTO core.event_positions AS former VALUES (%L, 1000000) ON CONFLICT (recipient) DO UPDATE SET seq = excluded.seq', 'customer:' || :'customer')),
    ('a stream not wholly dispatched has a note', format('DELETE FROM core.event_queue WHERE recipient = %L', 'customer:' || :'customer')),
    ('no due work fails', 'INSERT INTO core.failed_deadlines (kind, id, again_at, error) VALUES (''expiry'', gen_random_uuid(), now(), ''broken'')');

CREATE FUNCTION pg_temp.seen() RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(to_jsonb(violation)::text ORDER BY to_jsonb(violation)::text) FROM ops.invariant_violations AS violation
$$;
-- What all pages say. Each is of one slice alone where the check has no time for another.
CREATE FUNCTION pg_temp.paged(p_limit integer DEFAULT 200, OUT violations text[], OUT pages integer, OUT checked_to text[]) LANGUAGE plpgsql AS $$
DECLARE
    v_page jsonb;
BEGIN
    pages := 0;
    LOOP
        v_page := api.check_invariants(p_limit, v_page ->> 'next_cursor');
        violations := violations || ARRAY(SELECT item::text FROM jsonb_array_elements(v_page -> 'items') AS item);
        checked_to := checked_to || (v_page ->> 'checked_to');
        pages := pages + 1;
        EXIT WHEN v_page ->> 'next_cursor' IS NULL;
    END LOOP;
    violations := (SELECT array_agg(item ORDER BY item) FROM unnest(violations) AS item);
    checked_to := array_remove(checked_to, NULL);
END
$$;

-- Slices ----------------------------------------------------------------------------------------------------------------
SELECT pg_temp.equal(api.check_invariants() - 'server_time', '{"items": [], "next_cursor": null, "checked_to": null}', 'all of a small database is judged at once');
SELECT pg_temp.equal((pg_temp.paged()).pages, 1, 'on one page');
CREATE OR REPLACE FUNCTION core.check_pace() RETURNS TABLE (slice_rows integer, work interval) LANGUAGE sql STABLE AS $$ VALUES (1, interval '0') $$;
SELECT pg_temp.ok(pages > 20 AND violations IS NULL, 'slice by slice nothing is wrong either', pages || ' pages') FROM pg_temp.paged();
SELECT pg_temp.ok(checked_to = ARRAY(SELECT unnest(checked_to) ORDER BY 1) AND cardinality(checked_to) > 3, 'and says how far it has come', checked_to::text) FROM pg_temp.paged();

SELECT pg_temp.refused(format('SELECT api.check_invariants(p_cursor => %L)', garbage), 'VALIDATION_ERROR', 'no cursor of a check: ' || garbage, 'cursor')
FROM (VALUES ('x'), ('%%%'), (core.cursor('planets', '-', '0')), (core.cursor('times', 'yesterday', '0')),
    (core.cursor('people', core.instant(now()), '0')), (core.cursor('money', 'all', '0')), (core.cursor('times', '-', '-1'))) AS tried (garbage);

-- Every invariant -------------------------------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.check_pace() RETURNS TABLE (slice_rows integer, work interval) LANGUAGE sql STABLE AS $$ VALUES (5, interval '1 minute') $$;
CREATE FUNCTION pg_temp.broken(p_statements text, OUT seen text[], OUT paged text[]) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE p_statements;
    seen := pg_temp.seen();
    paged := (SELECT check_.violations FROM pg_temp.paged() AS check_);
    RAISE EXCEPTION USING ERRCODE = 'QQ000';       -- as if it had not been
EXCEPTION WHEN SQLSTATE 'QQ000' THEN
    RETURN;
END
$$;
SELECT pg_temp.ok(
    EXISTS (SELECT FROM unnest(seen) AS violation WHERE violation::jsonb ->> 'invariant' = invariant) AND paged = seen,
    invariant, format('seen: %s, by pages: %s', seen, paged))
FROM (SELECT breaker.invariant, broken.* FROM pg_temp.breakers AS breaker CROSS JOIN LATERAL pg_temp.broken(breaker.statements) AS broken) AS tried;

SELECT pg_temp.equal(array_agg(DISTINCT written.name[1] ORDER BY written.name[1]), (SELECT array_agg(DISTINCT invariant ORDER BY invariant) FROM pg_temp.breakers), 'there is no invariant that nothing breaks')
FROM pg_proc, regexp_matches(prosrc, '^SELECT\s+''([^'']+)''', 'gn') AS written (name)
WHERE pronamespace = 'core'::regnamespace AND proname LIKE 'wrong\_%';
SELECT pg_temp.equal(count(*), 0::bigint, 'nothing of it stayed') FROM ops.invariant_violations;

-- A violation at each edge: sessions of one time, of the time at which a slice ends, of a year before their payments.
CREATE OR REPLACE FUNCTION core.check_pace() RETURNS TABLE (slice_rows integer, work interval) LANGUAGE sql STABLE AS $$ VALUES (1, interval '0') $$;
UPDATE core.chat_sessions SET created_at = CASE WHEN id IN (:'running', :'rerouted') THEN '2025-01-01' ELSE '2025-01-02 12:00:00.000001' END::timestamptz;
SELECT pg_temp.equal(core.slice_end('times', NULL, 2), '2025-01-02T12:00:00.000001Z', 'a slice ends at the time of a row');
SELECT pg_temp.ok(violations IS NULL, 'what belongs together need not be of one slice', violations::text) FROM pg_temp.paged();
UPDATE core.payment_requests SET session_id = NULL;
UPDATE core.session_reroutes SET round = round + 1;
DELETE FROM core.earning_payouts;
UPDATE core.mitra_loads SET capacity = capacity + 1;
UPDATE core.event_streams SET last_seq = last_seq + 1;
SELECT pg_temp.ok(cardinality(pg_temp.seen()) > 20, 'much is wrong', pg_temp.seen()::text);
SELECT pg_temp.equal(violations, pg_temp.seen(), 'no slice loses a violation, and none says it twice') FROM pg_temp.paged();
CREATE OR REPLACE FUNCTION core.check_pace() RETURNS TABLE (slice_rows integer, work interval) LANGUAGE sql STABLE AS $$ VALUES (1000, interval '1 minute') $$;
SELECT pg_temp.ok(violations = pg_temp.seen() AND pages = cardinality(pg_temp.seen()), 'nor does a page, of which a slice needs many', pages || ' pages') FROM pg_temp.paged(1);

SELECT pg_temp.finish();
ROLLBACK;
