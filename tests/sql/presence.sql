-- Who is there: what the leases say, who is gone from a search, and the time lost to a mitra that is gone.
\ir tap.psql
SELECT pg_temp.plan(68);

-- What the listener would note: whether the parties of a session have a socket. The state and party of each frame, and to whom.
CREATE FUNCTION pg_temp.look(p_session_id uuid, p_customer boolean, p_mitra boolean DEFAULT NULL, p_is_first_look boolean DEFAULT false)
RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', news.party, news.state, '>', split_part(news.recipient, ':', 1)), ', ' ORDER BY news.party)
    FROM (
        SELECT array_agg(seen.party) AS parties, array_agg(seen.user_id) AS user_ids, array_agg(seen.is_connected) AS connected,
            array_agg(session.id) AS sessions
        FROM core.chat_sessions AS session
        CROSS JOIN LATERAL (VALUES ('customer', session.customer_id, p_customer), ('mitra', session.mitra_id, p_mitra)) AS seen (party, user_id, is_connected)
        WHERE session.id = p_session_id AND seen.user_id IS NOT NULL
    ) AS looked
    CROSS JOIN LATERAL api.note_presence(looked.sessions, looked.parties, looked.user_ids, looked.connected, p_is_first_look) AS news
$$;
CREATE FUNCTION pg_temp.presence(p_session_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(party || ' ' || state, ', ' ORDER BY party) FROM core.session_presences WHERE session_id = p_session_id
$$;
-- So many seconds pass for whoever is away, and for a running clock.
CREATE FUNCTION pg_temp.pass(p_session_id uuid, p_seconds integer) RETURNS void LANGUAGE sql AS $$
    UPDATE core.session_presences SET since = since - make_interval(secs => p_seconds) WHERE session_id = p_session_id;
    UPDATE core.session_absences SET began_at = began_at - make_interval(secs => p_seconds) WHERE session_id = p_session_id AND ended_at IS NULL;
    UPDATE core.chat_sessions SET created_at = created_at - make_interval(secs => p_seconds), expires_at = expires_at - make_interval(secs => p_seconds),
        started_at = started_at - make_interval(secs => p_seconds)
    WHERE id = p_session_id;
$$;
CREATE FUNCTION pg_temp.an_hour_old(p_session_id uuid) RETURNS core.chat_sessions LANGUAGE sql AS $$
    UPDATE core.chat_sessions SET started_at = now() - interval '1 hour', expires_at = now() + interval '1 hour' WHERE id = p_session_id RETURNING *
$$;
-- To ten seconds: the test takes time, too.
CREATE FUNCTION pg_temp.left(p_session_id uuid) RETURNS integer LANGUAGE sql AS $$
    SELECT round(core.seconds_left(session, clock_timestamp()), -1)::integer FROM core.chat_sessions AS session WHERE session.id = p_session_id
$$;

-- a search
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_search(:'customer') AS session \gset
SELECT pg_temp.equal(customer_id, :'customer'::uuid, 'an open session is watched') FROM api.watched_sessions() WHERE session_id = :'session';
SELECT pg_temp.equal(count(*), 0::bigint, 'by customer, page by page') FROM api.watched_sessions(:'customer') WHERE session_id = :'session';
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.equal(pg_temp.presence(:'session'), NULL, 'a customer that never had a socket is not missed');
SELECT pg_temp.equal(pg_temp.look(:'session', true), NULL, 'of one that has nobody is told, while there is no mitra');
SELECT pg_temp.equal(pg_temp.presence(:'session'), 'customer connected', 'but it is noted');
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.pass(:'session', 119) \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.equal(pg_temp.presence(:'session'), 'customer away', 'without a socket it is away');
SELECT pg_temp.pass(:'session', 1) \g /dev/null
SELECT pg_temp.look(:'session', false, NULL, true) \g /dev/null
SELECT pg_temp.equal(pg_temp.presence(:'session'), 'customer away', 'nobody is held to have been away while nobody looked');
SELECT pg_temp.pass(:'session', 120) \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.equal(pg_temp.presence(:'session'), 'customer gone', 'after customer_absence_seconds it is gone');
SELECT pg_temp.ok(api.next_deadline() <= clock_timestamp(), 'and that is due');
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(pg_temp.settle(), '{"absence": 1}', 'run_due acts upon it');
SELECT pg_temp.equal(status || ' ' || end_reason, 'cancelled cancelled_by_customer', 'the search is cancelled, as by cancel') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(concat_ws(' ', status, refund_status, refund_due_amount), 'failed due 15000', 'its money owed back') FROM core.payment_requests WHERE session_id = :'session';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'session_ended payment_updated', 'the customer told');
SELECT pg_temp.equal(count(*), 1::bigint, 'the timeline shows it') FROM ops.session_timeline(:'session') WHERE what = 'gone' AND who = 'customer:' || :'customer';
SELECT pg_temp.equal(pg_temp.settle(), '{}', 'once');

-- a customer gone while offers are out, and while a mitra that accepted waits for the money
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_search() AS session \gset
SELECT pg_temp.an_offer(:'session', :'mitra') AS offer \gset
SELECT pg_temp.look(:'session', true) \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.pass(:'session', 120) \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.equal(pg_temp.settle(), '{"absence": 1}', 'the same while offers are out');
SELECT pg_temp.equal(status, 'cancelled', 'which are cancelled') FROM core.pairing_offers WHERE id = :'offer';
SELECT pg_temp.set('pairing_before_payment', 'true') \g /dev/null
SELECT pg_temp.a_payment(pg_temp.a_customer()) AS payment \gset
SELECT pg_temp.set('pairing_before_payment', 'false') \g /dev/null
SELECT session_id AS session FROM core.payment_requests WHERE id = :'payment' \gset
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') ->> 'status' AS status \gset
SELECT pg_temp.look(:'session', true, true) \g /dev/null
SELECT pg_temp.look(:'session', false, false) \g /dev/null
SELECT pg_temp.pass(:'session', 600) \g /dev/null
SELECT pg_temp.equal(pg_temp.look(:'session', false, false), 'customer gone > mitra', 'a customer that is busy paying for an accepted session');
SELECT pg_temp.equal(:'status' || ' ' || pg_temp.settle(), 'pending_payment {}', 'has not cancelled it');
SELECT pg_temp.set('outage_credit_policy', '"credit"') \g /dev/null
SELECT api.confirm_payment(:'payment') ->> 'status' AS confirmed \gset
SELECT pg_temp.equal(:'confirmed', 'consumed', 'the money starts the clock');
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.equal(pg_temp.presence(:'session'), 'customer connected, mitra gone', 'a mitra that is gone is so from then on');
SELECT pg_temp.look(:'session', true, true) \g /dev/null
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(pg_temp.left(:'session'), 900, 'and nothing is given back of before');
SELECT pg_temp.set('outage_credit_policy', '"none"') \g /dev/null

-- back in time, never gone, and not in a search
SELECT pg_temp.a_search() AS session \gset
SELECT pg_temp.look(:'session', true) \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.pass(:'session', 120) \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.look(:'session', true) \g /dev/null
SELECT pg_temp.equal(pg_temp.settle(), '{}', 'a customer that is back before run_due came goes on searching');
SELECT pg_temp.equal(status, 'searching', 'nothing is cancelled') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.set('customer_absence_seconds', '0') \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.pass(:'session', 100000) \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.equal(pg_temp.presence(:'session'), 'customer away', 'with customer_absence_seconds 0 no customer is ever gone');
SELECT pg_temp.set('customer_absence_seconds', '120') \g /dev/null

-- mid-session
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.equal(api.session_info(:'session', 'customer', :'customer') -> 'presence', '{"customer": null, "mitra": null}', 'a party that was not looked for yet is not known to be there');
SELECT pg_temp.equal(pg_temp.look(:'session', true, true), 'customer connected > mitra, mitra connected > customer', 'each is told that the other is there');
SELECT pg_temp.equal(pg_temp.look(:'session', true, true), NULL, 'no change is no news');
SELECT pg_temp.equal(api.session_info(:'session', 'customer', :'customer') #>> '{presence,mitra,state}', 'connected', 'the session says so too');
SELECT pg_temp.equal(pg_temp.look(:'session', true, false), 'mitra away > customer', 'a mitra without a socket is away');
SELECT pg_temp.refused(format('SELECT api.ask_for_another_mitra(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'no reason yet to ask for another');
SELECT pg_temp.pass(:'session', 60) \g /dev/null
SELECT pg_temp.equal(pg_temp.look(:'session', true, false), 'mitra gone > customer', 'after mitra_absence_seconds it is gone');
SELECT pg_temp.equal(core.presence_frame(presence, session, now()) ->> 'options', '["reroute", "end"]', 'and the customer is offered reroute or end')
FROM core.session_presences AS presence, core.chat_sessions AS session WHERE presence.session_id = :'session' AND presence.party = 'mitra' AND session.id = :'session';
SELECT pg_temp.equal(pg_temp.look(:'session', false, false), 'customer away > mitra', 'the customer may leave too');
SELECT pg_temp.equal(pg_temp.look(:'session', true, false), 'customer connected > mitra, mitra gone > customer', 'whoever is back hears how the other one is');
SELECT pg_temp.refused(format('SELECT api.ask_for_another_mitra(%L, %L)', :'session', gen_random_uuid()), 'NOT_FOUND', 'it is nobody else''s session');
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(api.ask_for_another_mitra(:'session', :'customer') ->> 'status', 'searching', 'the customer asks for another mitra');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'session_rerouted', 'the session is rerouted');
SELECT pg_temp.equal(pg_temp.left(:'session'), 840, 'what is left is kept, without credit');
SELECT pg_temp.refused(format('SELECT api.ask_for_another_mitra(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'once');
SELECT pg_temp.equal(cause || ' ' || mitra_id, 'mitra_absent ' || :'mitra', 'with its cause') FROM core.session_reroutes WHERE session_id = :'session';
SELECT pg_temp.pass(:'session', 1000) \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.pass(:'session', 119) \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.equal(pg_temp.presence(:'session') || ' ' || pg_temp.settle(), 'customer away, mitra gone {}', 'a former mitra is looked for no more');

-- credit
SELECT pg_temp.set('outage_credit_policy', '"credit"') \g /dev/null
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.look(:'session', true, true) \g /dev/null
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.pass(:'session', 100) \g /dev/null
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.equal(pg_temp.left(:'session'), 800, 'while the mitra is gone the clock runs');
SELECT pg_temp.look(:'session', true, true) \g /dev/null
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(pg_temp.settle(), '{"absence": 1}', 'when it is back');
SELECT pg_temp.equal(pg_temp.left(:'session'), 900, 'the time it was gone is given back');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'session_resumed', 'both are told');
SELECT pg_temp.equal(concat_ws(' ', amount, details ->> 'seconds'), '0 100', 'it is an item of the customer''s, of no rupiah') FROM core.customer_transactions WHERE session_id = :'session' AND type = 'credit';
SELECT pg_temp.equal(details ->> 'credited_seconds', '100', 'and in the timeline') FROM ops.session_timeline(:'session') WHERE what = 'gone';

-- a mitra who asks something in between, without a socket, and is missed again: no second is given back twice
SELECT pg_temp.a_mitra() AS asking, pg_temp.a_customer() AS asked \gset
SELECT pg_temp.a_session(:'asking', :'asked') AS asked_in \gset
SELECT pg_temp.look(:'asked_in', true, true) \g /dev/null
SELECT pg_temp.look(:'asked_in', true, false) \g /dev/null
SELECT pg_temp.pass(:'asked_in', 100) \g /dev/null
SELECT pg_temp.look(:'asked_in', true, false) \g /dev/null
SELECT api.list_messages(:'asked_in', 'mitra', :'asking') \g /dev/null
SELECT pg_temp.look(:'asked_in', true, false), pg_temp.settle() \g /dev/null
SELECT pg_temp.pass(:'asked_in', 100) \g /dev/null
UPDATE core.session_presences SET seen_at = seen_at - interval '100 seconds' WHERE session_id = :'asked_in' AND party = 'mitra';
UPDATE core.session_absences SET began_at = began_at - interval '100 seconds', seen_until = seen_until - interval '100 seconds', ended_at = ended_at - interval '100 seconds'
WHERE session_id = :'asked_in';
SELECT pg_temp.look(:'asked_in', true, false) \g /dev/null
SELECT pg_temp.look(:'asked_in', true, true), pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(string_agg(details ->> 'seconds', ' '), '100 100', 'of two absences each is given back by itself') FROM core.customer_transactions WHERE session_id = :'asked_in' AND type = 'credit';

-- the clock runs out while the mitra is gone: given back once
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.pass(:'session', 901) \g /dev/null
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.equal(pg_temp.settle(), '{"expiry": 1}', 'a clock that ran out while the mitra was gone');
SELECT pg_temp.equal(pg_temp.left(:'session'), 900, 'goes on with what was lost');
SELECT pg_temp.pass(:'session', 901) \g /dev/null
SELECT pg_temp.equal(pg_temp.settle(), '{"expiry": 1}', 'and the second time');
SELECT pg_temp.equal(status, 'closing', 'it closes') FROM core.chat_sessions WHERE id = :'session';

-- rerouted: what was lost goes along
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.pass(:'session', 100) \g /dev/null
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT api.ask_for_another_mitra(:'session', :'customer') \g /dev/null
SELECT pg_temp.equal(pg_temp.left(:'session'), 900, 'another mitra gets the time that was lost too');

-- a mitra gone while its answer is awaited
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(10000, 10, NULL, true), true, :'session') ->> 'id')::uuid AS payment \gset
SELECT api.confirm_payment(:'payment') \g /dev/null
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'payment') \g /dev/null
SELECT pg_temp.look(:'session', true, false) \g /dev/null
UPDATE core.session_presences SET since = since - interval '60 seconds' WHERE session_id = :'session';
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.equal(api.ask_for_another_mitra(:'session', :'customer') ->> 'status', 'searching', 'a session paused for an extension can go to another mitra too');

-- a pause is no time lost
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(10000, 10, NULL, true), true, :'session') ->> 'id')::uuid AS payment \gset
SELECT api.confirm_payment(:'payment') \g /dev/null
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'payment') ->> 'id' AS extension \gset
SELECT api.respond_to_extension(:'extension', :'session', :'mitra', false) \g /dev/null
UPDATE core.session_extensions SET requested_at = now() - interval '80 seconds', responded_at = now() - interval '50 seconds' WHERE id = :'extension';
SELECT pg_temp.equal(core.lost_seconds(
    ROW(0, session.id, 'mitra', :'mitra', now() - interval '100 seconds', now(), now() - interval '10 seconds', NULL, NULL)::core.session_absences,
    session, now()), 60, 'of 90 seconds 30 were a pause')
FROM pg_temp.an_hour_old(:'session') AS session;
UPDATE core.session_extensions SET closed_at = now() - interval '90 seconds' WHERE id = :'extension';
SELECT pg_temp.equal(core.lost_seconds(
    ROW(0, session.id, 'mitra', :'mitra', now() - interval '100 seconds', now(), now() - interval '10 seconds', NULL, NULL)::core.session_absences,
    session, now()), 50, 'nor are last words before it')
FROM pg_temp.an_hour_old(:'session') AS session;
SELECT pg_temp.equal(core.lost_seconds(
    ROW(0, session.id, 'mitra', :'mitra', now() - interval '45 seconds', now() - interval '30 seconds', NULL, NULL, NULL)::core.session_absences,
    session, now()), 15, 'nor is what nobody looked at')
FROM pg_temp.an_hour_old(:'session') AS session;

-- nobody looked for a while
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.pass(:'session', 60) \g /dev/null
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.pass(:'session', 600) \g /dev/null
UPDATE core.session_absences SET seen_until = seen_until - interval '600 seconds' WHERE session_id = :'session';
SELECT pg_temp.refused(format('SELECT api.ask_for_another_mitra(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'a mitra that was gone long ago may be there');
SELECT pg_temp.equal(pg_temp.look(:'session', true, true, true), 'customer connected > mitra, mitra connected > customer', 'it is');
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(pg_temp.left(:'session'), 300, 'only what was seen to be lost is given back');
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.equal((SELECT count(*) FROM api.note_presence(ARRAY[:'session'::uuid], ARRAY['mitra'], ARRAY[:'mitra'::uuid], ARRAY[true], false, clock_timestamp() - interval '6 seconds')),
    0::bigint, 'an answer of the leases that is old is passed over');
SELECT pg_temp.pass(:'session', 60) \g /dev/null
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.equal(pg_temp.look(:'session', true, false, true), 'mitra away > customer', 'whoever was gone is away after a time without looks');

-- a mitra that writes without a socket is not lost to the customer
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.pass(:'session', 100) \g /dev/null
SELECT is_repeat FROM api.send_message(:'session', 'mitra', :'mitra', 'one', 'Still here') \g /dev/null
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.look(:'session', true, true) \g /dev/null
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(pg_temp.left(:'session'), 800, 'nothing is given back of before its last message');

-- while credit is not the policy, what passes is lost for good
SELECT pg_temp.set('outage_credit_policy', '"none"') \g /dev/null
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.pass(:'session', 100) \g /dev/null
SELECT pg_temp.look(:'session', true, false) \g /dev/null
SELECT pg_temp.look(:'session', true, true) \g /dev/null
SELECT pg_temp.set('outage_credit_policy', '"credit"') \g /dev/null
SELECT pg_temp.equal(pg_temp.settle()::text || ' ' || pg_temp.left(:'session'), '{} 700', 'also when the policy changes');

-- an instance that can't lease its sockets says so in PostgreSQL
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_search(:'customer') AS session \gset
SELECT pg_temp.look(:'session', true) \g /dev/null
SELECT api.note_connected(ARRAY['customer:' || :'customer', 'customer:' || :'customer', NULL]) \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.pass(:'session', 500) \g /dev/null
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.equal(pg_temp.presence(:'session'), 'customer connected', 'a socket that can not be leased counts');
UPDATE core.unleased_sockets SET held_until = clock_timestamp();
SELECT pg_temp.look(:'session', false) \g /dev/null
SELECT pg_temp.equal(pg_temp.presence(:'session'), 'customer away', 'while its instance says so');
SELECT pg_temp.refused('SELECT api.note_connected(NULL)', 'VALIDATION_ERROR', 'whose sockets must be said', 'recipients');

SELECT pg_temp.finish();
ROLLBACK;
