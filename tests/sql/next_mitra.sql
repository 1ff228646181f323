-- After a reroute the next mitra is another person: its messages, its marks, its time; a rating is of the mitra that served most.
\ir tap.psql
SELECT pg_temp.plan(25);

CREATE FUNCTION pg_temp.say(p_session_id uuid, p_type text, p_id uuid, p_key text, p_body text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', sent.message ->> 'seq', sent.message ->> 'body', CASE WHEN sent.is_repeat THEN 'repeat' END)
    FROM api.send_message(p_session_id, p_type, p_id, p_key, p_body) AS sent
$$;
CREATE FUNCTION pg_temp.marks(p_session_id uuid, p_customer_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', info #>> '{watermarks,customer,read_seq}', info #>> '{watermarks,mitra,delivered_seq}', info #>> '{watermarks,mitra,read_seq}')
    FROM api.session_info(p_session_id, 'customer', p_customer_id) AS info
$$;
CREATE FUNCTION pg_temp.served(p_session_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(mitra.display_name || ' ' || service.seconds, ', ' ORDER BY service.seconds)
    FROM core.session_services AS service JOIN core.mitras AS mitra ON mitra.id = service.mitra_id
    WHERE service.session_id = p_session_id
$$;

SELECT pg_temp.a_mitra() AS a, pg_temp.a_mitra() AS b, pg_temp.a_customer() AS customer \gset
UPDATE core.mitras SET display_name = CASE id WHEN :'a' THEN 'A' ELSE 'B' END WHERE id IN (:'a', :'b');
SELECT pg_temp.a_session(:'a', :'customer') AS session \gset
SELECT pg_temp.say(:'session', 'mitra', :'a', 'one', 'hello, I am A'), pg_temp.say(:'session', 'customer', :'customer', 'two', 'hello') \g /dev/null
SELECT api.read_messages(:'session', 'mitra', :'a', 2), api.read_messages(:'session', 'customer', :'customer', 2) \g /dev/null
SELECT pg_temp.equal(pg_temp.marks(:'session', :'customer'), '2 2 2', 'A has read');
UPDATE core.message_watermarks SET user_id = NULL WHERE session_id = :'session';
SELECT pg_temp.equal(pg_temp.marks(:'session', :'customer'), '2 2 2', 'a mark of the last release, which named nobody, is the present party''s');
SELECT pg_temp.equal(core.unread(session, 'mitra'), 0::bigint, 'what it covers is not unread') FROM core.chat_sessions AS session WHERE id = :'session';
SELECT pg_temp.equal(concat_ws(' ', read_seq, is_news), '2 f', 'and it does not go back') FROM api.read_messages(:'session', 'mitra', :'a', 1);
SELECT pg_temp.equal(count(*), 0::bigint, 'nor is it delivered again') FROM api.deliver_messages(ARRAY[:'session']::uuid[], '{mitra}', ARRAY[:'a']::uuid[], '{0}', '{2}');
SELECT api.register_push_token('mitra', :'a', 'device of A'), api.queue_message_push(:'session', 2), api.claim_pushes(1000) \g /dev/null
SELECT pg_temp.equal(status, 'cancelled', 'nor pushed') FROM core.pushes WHERE token = 'device of A';
UPDATE core.message_watermarks SET user_id = CASE party WHEN 'mitra' THEN :'a' ELSE :'customer' END::uuid WHERE session_id = :'session';

-- A served 600 seconds, less a pause of 100
UPDATE core.chat_sessions SET started_at = started_at - interval '600.5 seconds' WHERE id = :'session';
UPDATE core.pairing_offers SET settled_at = settled_at - interval '600.5 seconds', offered_at = offered_at - interval '600.5 seconds' WHERE session_id = :'session';
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(10000, 10, NULL, true), true, :'session') ->> 'id')::uuid AS more \gset
SELECT api.confirm_payment(:'more') \g /dev/null
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'more') ->> 'id' AS extension \gset
SELECT api.respond_to_extension(:'extension', :'session', :'a', true) \g /dev/null
UPDATE core.session_extensions SET requested_at = responded_at - interval '300 seconds', responded_at = responded_at - interval '200 seconds' WHERE id = :'extension';
SELECT pg_temp.equal(pg_temp.served(:'session'), NULL, 'while a session runs nothing is kept');
SELECT api.reroute_session(:'session') \g /dev/null
SELECT pg_temp.equal(pg_temp.served(:'session'), 'A 500', 'the seconds that A served are kept, without the pause');
SELECT pg_temp.equal(pg_temp.marks(:'session', :'customer'), '2 0 0', 'a session without a mitra shows no mitra''s marks');
UPDATE core.chat_sessions SET created_at = created_at - interval '1 hour' WHERE id = :'session';
SELECT pg_temp.ok((api.dashboard() ->> 'longest_wait_seconds')::numeric < 60, 'the wait counts from the present search');
-- its messages are kept under the day on which it began: back to that
UPDATE core.chat_sessions SET created_at = created_at + interval '1 hour' WHERE id = :'session';

-- B begins anew
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'b'), :'b') \g /dev/null
SELECT pg_temp.equal(pg_temp.marks(:'session', :'customer'), '2 0 0', 'B has received and read nothing');
SELECT pg_temp.equal(item ->> 'unread', '2', 'everything is unread') FROM (SELECT api.list_sessions('mitra', :'b') -> 'items' -> 0 AS item) AS page;
SELECT pg_temp.equal(count(*), 0::bigint, 'what A''s device still tells is nobody''s') FROM api.deliver_messages(ARRAY[:'session']::uuid[], '{mitra}', ARRAY[:'a']::uuid[], '{0}', '{2}');
SELECT pg_temp.equal(count(*), 0::bigint, 'a message alone is not delivered while those before it are not') FROM api.deliver_messages(ARRAY[:'session']::uuid[], '{mitra}', ARRAY[:'b']::uuid[], '{1}', '{2}');
SELECT pg_temp.equal(concat_ws(' ', delivered_seq, other_type), '2 customer', 'with those before it it is') FROM api.deliver_messages(ARRAY[:'session']::uuid[], '{mitra}', ARRAY[:'b']::uuid[], '{0}', '{2}');
SELECT pg_temp.equal(pg_temp.marks(:'session', :'customer'), '2 2 0', 'B''s device has them, B has not read');
SELECT pg_temp.equal(concat_ws(' ', read_seq, is_news), '1 t', 'B reads the first') FROM api.read_messages(:'session', 'mitra', :'b', 1);

-- B's ids are B's own
SELECT pg_temp.equal(pg_temp.say(:'session', 'mitra', :'b', 'one', 'hello, I am B'), '3 hello, I am B', 'an id that A used is new for B');
SELECT pg_temp.equal(pg_temp.say(:'session', 'mitra', :'b', 'one', 'hello, I am B'), '3 hello, I am B repeat', 'and then B''s');
SELECT pg_temp.refused(format('SELECT api.send_message(%L, ''mitra'', %L, ''one'', ''else'')', :'session', :'b'), 'MESSAGE_ID_REUSED', 'for one message', 'client_message_id');
SELECT pg_temp.equal(string_agg(message ->> 'seq', ' '), '4', 'many at once keep to it too') FROM api.send_messages(ARRAY[:'session']::uuid[], '{mitra}', ARRAY[:'b']::uuid[], '{two}', '{too}');
SELECT pg_temp.refused(format('SELECT api.send_message(%L, ''mitra'', %L, ''one'', ''hello, I am A'')', :'session', :'a'), 'NOT_FOUND', 'A says nothing any more');

-- whose the rating is
UPDATE core.pairing_offers SET settled_at = settled_at - interval '30.5 seconds' WHERE session_id = :'session' AND round = 2;
SELECT api.end_session(:'session', 'cc', NULL) \g /dev/null
SELECT pg_temp.equal(pg_temp.served(:'session'), 'B 30, A 500', 'at the end what B served is kept too');
SELECT api.rate_session(:'session', :'customer', 5) \g /dev/null
SELECT pg_temp.equal(api.mitra_stats(:'a') ->> 'rating', '5.00', 'the rating is A''s, who served most');
SELECT pg_temp.equal(concat_ws(' ', api.mitra_stats(:'b') ->> 'ratings', api.mitra_stats(:'b') ->> 'sessions'), '0 1', 'and not B''s, whose session it is');

SELECT pg_temp.finish();
ROLLBACK;
