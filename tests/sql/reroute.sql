-- A session is taken from its mitra and looks for another, keeping what was bought; and what it owes when it finds none.
\ir tap.psql
SELECT pg_temp.plan(50);

CREATE FUNCTION pg_temp.reroute(p_session_id uuid) RETURNS jsonb LANGUAGE sql AS $$
    SELECT api.reroute_session(p_session_id)
$$;
-- A running session with so many seconds left of its 900.
CREATE FUNCTION pg_temp.a_session_left(p_mitra_id uuid, p_customer_id uuid, p_seconds integer) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := pg_temp.a_session(p_mitra_id, p_customer_id);
BEGIN
    UPDATE core.chat_sessions SET expires_at = clock_timestamp() + make_interval(secs => p_seconds + 0.9) WHERE id = v_id;
    RETURN v_id;
END
$$;
CREATE FUNCTION pg_temp.owed(p_session_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', status, refund_status, refund_due_amount), ', ' ORDER BY consumed_at, created_at)
    FROM core.payment_requests WHERE session_id = p_session_id
$$;

SELECT pg_temp.a_mitra(true, 1) AS mitra, pg_temp.a_mitra() AS other, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.refused(format('SELECT api.reroute_session(%L)', gen_random_uuid()), 'NOT_FOUND', 'it must exist');
SELECT pg_temp.a_search(:'customer') AS session \gset
SELECT pg_temp.refused(format('SELECT api.reroute_session(%L)', :'session'), 'INVALID_STATE', 'a search has no mitra yet');
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') \g /dev/null
UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '300.9 seconds' WHERE id = :'session';

-- from active
SELECT pg_temp.seq('mitra', :'mitra') AS mitra_seq, pg_temp.seq('customer', :'customer') AS seq \gset
SELECT api.reroute_session(:'session') AS rerouted \gset
SELECT pg_temp.equal(concat_ws(' ', :'rerouted'::jsonb ->> 'status', :'rerouted'::jsonb ->> 'mitra', :'rerouted'::jsonb ->> 'expires_at'), 'searching', 'it searches again, without a mitra and a clock');
SELECT pg_temp.ok((:'rerouted'::jsonb ->> 'seconds_left')::integer BETWEEN 300 AND 301, 'keeping what is left');
SELECT pg_temp.equal(round, 2, 'in a new round') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.ok(pairing_deadline > clock_timestamp() + interval '115 seconds', 'with a new deadline') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'session_rerouted', 'the customer is told');
SELECT pg_temp.equal(frame ->> 'type' || ' ' || (frame ->> 'end_reason'), 'session_ended rerouted', 'for the mitra it has ended') FROM api.events_after('mitra', :'mitra', :mitra_seq);
SELECT pg_temp.equal(capacity, 0, 'whose slot is free') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.equal(concat_ws(' ', round, cause, remaining_seconds), '1 control_centre 300', 'the reroute is written down') FROM core.session_reroutes WHERE session_id = :'session';
SELECT pg_temp.equal(action || ' ' || (after ->> 'cause'), 'session.reroute control_centre', 'and audited') FROM core.audit_log WHERE subject = :'session';
SELECT pg_temp.equal(barred, ARRAY[:'mitra'::uuid], 'that mitra is excluded') FROM api.unoffered_sessions() WHERE session_id = :'session';
SELECT pg_temp.equal((SELECT array_agg(mitra_id) FROM api.blast(:'session', ARRAY[:'mitra', :'other']::uuid[])), ARRAY[:'other'::uuid], 'and gets no offer of it');
SELECT id AS offer FROM core.pairing_offers WHERE session_id = :'session' AND round = 2 \gset
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT api.accept_offer(:'offer', :'other') AS accepted \gset
SELECT pg_temp.ok(:'accepted'::jsonb ->> 'status' = 'active' AND (:'accepted'::jsonb ->> 'seconds_left')::integer BETWEEN 299 AND 301, 'another goes on with what was left');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'session_started', 'both are told');
SELECT pg_temp.equal(count(*), 1::bigint, 'nothing is charged again') FROM core.customer_transactions WHERE session_id = :'session';
SELECT pg_temp.equal(pg_temp.owed(:'session'), 'consumed none 0', 'nothing is owed');

-- the winner's repeat, before and after the session went to another
SELECT pg_temp.a_mitra() AS winner, pg_temp.a_search() AS moved \gset
SELECT pg_temp.an_offer(:'moved', :'winner') AS won \gset
SELECT api.accept_offer(:'won', :'winner') \g /dev/null
SELECT pg_temp.equal(api.accept_offer(:'won', :'winner') ->> 'status', 'active', 'the winner may ask again');
SELECT api.reroute_session(:'moved') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'won', :'winner'), 'OFFER_GONE', 'not when the session was taken away');
SELECT api.accept_offer(pg_temp.an_offer(:'moved', :'other'), :'other') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'won', :'winner'), 'OFFER_GONE', 'nor when it is another''s');

-- from extending: the extension goes, its money comes back
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(10000, 10, NULL, true), true, :'session') ->> 'id')::uuid AS extension_payment \gset
SELECT api.confirm_payment(:'extension_payment') \g /dev/null
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'extension_payment') \g /dev/null
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(api.reroute_session(:'session') ->> 'status', 'searching', 'a paused session is rerouted too');
SELECT pg_temp.equal(status, 'cancelled', 'its extension is cancelled') FROM core.session_extensions WHERE session_id = :'session';
SELECT pg_temp.equal(concat_ws(' ', status, failure_cause, refund_status, refund_due_amount), 'failed session_ended due 10000', 'its money owed back') FROM core.payment_requests WHERE id = :'extension_payment';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'payment_updated session_rerouted', 'the customer is told of both');
SELECT pg_temp.equal(excluded_mitra_ids, ARRAY[:'mitra', :'other']::uuid[], 'now two mitras are excluded') FROM core.chat_sessions WHERE id = :'session';

-- no other mitra: the price of what was left is owed
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp(), remaining = '300.7 seconds' WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.settle(), '{"pairing": 1}', 'the search fails at its deadline');
SELECT pg_temp.equal(concat_ws(' ', status, end_reason, unused_seconds), 'failed no_mitra_available 300', 'the second round made no offer') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.owed(:'session'), 'consumed due 5000, failed due 10000', 'floor(15000 x 300 / 900) rupiah are owed');

-- cancelled: over two payments, the newest first, and never beyond what one still keeps
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session_left(:'mitra', :'customer', 100) AS session \gset
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(10000, 10, NULL, true), true, :'session') ->> 'id')::uuid AS second \gset
SELECT api.confirm_payment(:'second') \g /dev/null
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'second') ->> 'id' AS extension \gset
SELECT api.respond_to_extension(:'extension', :'session', :'mitra', true) \g /dev/null
UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '1000.9 seconds' WHERE id = :'session';
SELECT api.request_refund(:'second', 4000) ->> 'refund_status' AS partly \gset
SELECT pg_temp.equal(:'partly', 'refunded', 'the control centre gave 4000 of the extension back before');
SELECT api.reroute_session(:'session') \g /dev/null
SELECT pg_temp.equal(api.cancel_session(:'session', :'customer') ->> 'status', 'cancelled', 'the customer does not want another mitra');
SELECT pg_temp.equal(pg_temp.owed(:'session'), 'consumed due 10666, consumed due 6000',
    'of floor(25000 x 1000 / 1500) = 16666 the newest owes the 6000 it still keeps, the first the rest');

-- where there is nothing to take it from
SELECT pg_temp.refused(format('SELECT api.reroute_session(%L)', :'session'), 'INVALID_STATE', 'an ended session');
SELECT pg_temp.a_session_left(:'mitra', pg_temp.a_customer(), 100) AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.refused(format('SELECT api.reroute_session(%L)', :'session'), 'INVALID_STATE', 'a session whose time is up though nobody settled it');
SELECT pg_temp.equal(pg_temp.settle(), '{"expiry": 1}', 'it closes');
SELECT pg_temp.refused(format('SELECT api.reroute_session(%L)', :'session'), 'INVALID_STATE', 'a closing session');
SELECT customer_id AS customer FROM core.chat_sessions WHERE id = :'session' \gset
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(10000, 10, NULL, true), true, :'session') ->> 'id')::uuid AS more \gset
SELECT api.confirm_payment(:'more') \g /dev/null
SELECT pg_temp.equal(api.request_extension(:'session', :'customer', 10, 10000, :'more') ->> 'status', 'pending', 'an extension asked for in the last words');
SELECT pg_temp.refused(format('SELECT api.reroute_session(%L)', :'session'), 'INVALID_STATE', 'pauses a session with nothing left for another mitra');
SELECT pg_temp.refused('SELECT api.reroute_session(NULL)', 'VALIDATION_ERROR', 'nothing at all', 'session_id');

-- waiting for its payment
SELECT * FROM pg_temp.set('pairing_before_payment', 'true');
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_mitra() AS other, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_payment(:'customer') AS payment \gset
SELECT session_id AS session FROM core.payment_requests WHERE id = :'payment' \gset
SELECT pg_temp.equal(api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') ->> 'status', 'pending_payment', 'accepted before it is paid');
SELECT pg_temp.equal(concat_ws(' ', rerouted ->> 'status', rerouted ->> 'seconds_left'), 'searching 0', 'it can be rerouted, with nothing left of a clock that never ran') FROM pg_temp.reroute(:'session') AS rerouted;
SELECT pg_temp.equal(api.accept_offer(pg_temp.an_offer(:'session', :'other'), :'other') ->> 'status', 'pending_payment', 'and accepted again');
SELECT pg_temp.equal(api.confirm_payment(:'payment') ->> 'status', 'consumed', 'and paid');
SELECT pg_temp.ok(core.seconds_left(session, clock_timestamp()) > 890, 'for its whole time') FROM core.chat_sessions AS session WHERE id = :'session';
SELECT * FROM pg_temp.set('pairing_before_payment', 'false');

-- deactivation
SELECT pg_temp.a_mitra() AS mitra \gset
SELECT pg_temp.a_session(:'mitra') AS first, pg_temp.a_session(:'mitra') AS second \gset
SELECT api.deactivate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.equal(pg_temp.settle(), '{}', 'under finish the sessions of a deactivated mitra go on');
SELECT api.activate_mitra(:'mitra') \g /dev/null
SELECT * FROM pg_temp.set('deactivation_session_policy', '"reroute"');
SELECT api.deactivate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.ok(api.next_deadline() <= clock_timestamp(), 'under reroute they are due at once');
SELECT pg_temp.equal(pg_temp.settle(), '{"reroute": 2}', 'run_due moves them');
SELECT pg_temp.equal(string_agg(status || ' ' || excluded_mitra_ids::text, ', '), format('searching {%s}, searching {%s}', :'mitra', :'mitra'), 'both search again, that mitra excluded')
FROM core.chat_sessions WHERE id IN (:'first', :'second');
SELECT api.activate_mitra(:'mitra'), api.go_online(:'mitra') \g /dev/null
SELECT pg_temp.a_session(:'mitra') AS third \gset
SELECT api.deactivate_mitra(:'mitra') \g /dev/null
SELECT api.activate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.equal(pg_temp.settle(), '{"reroute": 1}', 'a mitra that works again before the listener came');
SELECT pg_temp.equal(status, 'active', 'keeps its session') FROM core.chat_sessions WHERE id = :'third';

SELECT pg_temp.equal(count(*), 0::bigint, 'every promise is kept') FROM ops.invariant_violations WHERE invariant <> 'a deactivated mitra is offline';
SELECT pg_temp.finish();
ROLLBACK;
