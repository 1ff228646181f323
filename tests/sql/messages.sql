-- What is said in a session: numbered without gaps, once per id, only while it runs; how far each party received and read.
\ir tap.psql
SELECT pg_temp.plan(49);

CREATE FUNCTION pg_temp.say(p_session_id uuid, p_type text, p_id uuid, p_key text, p_body text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', sent.message ->> 'seq', sent.message ->> 'body', CASE WHEN sent.is_repeat THEN 'repeat' END)
    FROM api.send_message(p_session_id, p_type, p_id, p_key, p_body) AS sent
$$;
CREATE FUNCTION pg_temp.seqs(p_page jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(item ->> 'seq', ' ' ORDER BY position), '') || coalesce(' then ' || array_to_string(core.cursor_key(p_page ->> 'next_cursor', 'after|before', 'number'), ':'), '')
    FROM jsonb_array_elements(p_page -> 'items') WITH ORDINALITY AS one (item, position)
$$;

SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_mitra() AS stranger, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_search(:'customer') AS session \gset
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, %L)', :'session', 'customer', :'customer', 'a', 'hello?'), 'SESSION_NOT_ACTIVE', 'nobody speaks into a search');
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') \g /dev/null
SELECT pg_temp.equal(last_seq, NULL, 'a refused message takes no number') FROM (SELECT) AS one LEFT JOIN core.message_counters ON session_id = :'session';

-- sent
SELECT sent.* FROM api.send_message(:'session', 'customer', :'customer', 'a', 'hello') AS sent \gset
SELECT pg_temp.equal(:'message'::jsonb - 'created_at', jsonb_build_object('session_id', :'session', 'seq', 1, 'sender_type', 'customer', 'sender_id', :'customer', 'client_message_id', 'a', 'body', 'hello'), 'a message has its number');
SELECT pg_temp.equal(concat_ws(' ', :'customer_id', :'mitra_id'), :'customer' || ' ' || :'mitra', 'and both are to be told');
SELECT pg_temp.equal(pg_temp.say(:'session', 'mitra', :'mitra', 'a', 'hello too'), '2 hello too', 'the other may use the same id');
SELECT pg_temp.equal(pg_temp.say(:'session', 'customer', :'customer', 'b', 'how are you?'), '3 how are you?', 'numbers have no gap');
SELECT pg_temp.equal(pg_temp.say(:'session', 'customer', :'customer', 'a', 'hello'), '1 hello repeat', 'a repeat is the same message');
SELECT pg_temp.equal(last_seq, 3::bigint, 'and takes no number') FROM core.message_counters WHERE session_id = :'session';
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, %L)', :'session', 'customer', :'customer', 'a', 'good bye'), 'MESSAGE_ID_REUSED', 'another body under the same id', 'client_message_id');
SELECT pg_temp.equal(info ->> 'last_seq', '3', 'the session knows the last number') FROM api.session_info(:'session', 'customer', :'customer') AS info;

-- bad input
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, %L)', :'session', 'mitra', :'stranger', 'x', 'hello'), 'NOT_FOUND', 'a stranger says nothing');
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, %L)', :'session', 'cc', :'customer', 'x', 'hello'), 'NOT_FOUND', 'nor does the control centre');
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, %L)', :'session', 'customer', :'customer', '', 'hello'), 'VALIDATION_ERROR', 'an id is not empty', 'client_message_id');
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, %L)', :'session', 'customer', :'customer', repeat('x', 101), 'hello'), 'VALIDATION_ERROR', 'nor too long', 'client_message_id');
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, %L)', :'session', 'customer', :'customer', 'x', E' \n'), 'VALIDATION_ERROR', 'a message is not blank', 'body');
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, %L)', :'session', 'customer', :'customer', 'x', repeat('x', 4001)), 'VALIDATION_ERROR', 'nor too long', 'body');
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, NULL)', :'session', 'customer', :'customer', 'x'), 'VALIDATION_ERROR', 'nor missing', 'body');

-- history, both ways
SELECT count(pg_temp.say(:'session', 'mitra', :'mitra', 'm' || n, 'line ' || n)) AS lines FROM generate_series(4, 7) AS n \gset
SELECT pg_temp.equal(pg_temp.seqs(api.list_messages(:'session', 'customer', :'customer')), '1 2 3 4 5 6 7', 'from the first');
SELECT pg_temp.equal(pg_temp.seqs(api.list_messages(:'session', 'mitra', :'mitra', 2, NULL, 3)), '3 4 5 then after:5', 'on from a number');
SELECT pg_temp.equal(pg_temp.seqs(api.list_messages(:'session', 'mitra', :'mitra', 5, NULL, 3)), '6 7', 'to the last');
SELECT pg_temp.equal(pg_temp.seqs(api.list_messages(:'session', 'mitra', :'mitra', NULL, 6, 3)), '3 4 5 then before:3', 'back from a number, in order');
SELECT pg_temp.equal(pg_temp.seqs(api.list_messages(:'session', 'mitra', :'mitra', NULL, 3, 3)), '1 2', 'to the first');
SELECT pg_temp.equal(pg_temp.seqs(api.list_messages(:'session', 'mitra', :'mitra', 7)), '', 'and beyond the last, nothing');
SELECT pg_temp.refused(format('SELECT api.list_messages(%L, %L, %L, 1, 2)', :'session', 'mitra', :'mitra'), 'VALIDATION_ERROR', 'one direction at a time', 'before_seq');
SELECT pg_temp.refused(format('SELECT api.list_messages(%L, %L, %L, p_limit => 201)', :'session', 'mitra', :'mitra'), 'VALIDATION_ERROR', 'a page has its limit', 'limit');
SELECT pg_temp.refused(format('SELECT api.list_messages(%L, %L, %L)', :'session', 'mitra', :'stranger'), 'NOT_FOUND', 'a stranger reads nothing');
SELECT pg_temp.equal(string_agg(frame ->> 'type' || ' ' || seq, ', '), 'message 6, message 7', 'what a socket missed') FROM api.messages_after(:'session', 'customer', :'customer', 5);

-- delivered and read
SELECT pg_temp.equal(items -> 0 ->> 'unread', '5', 'the customer has five of the mitra''s messages to read') FROM (SELECT api.list_sessions('customer', :'customer') -> 'items' AS items) AS page;
SELECT pg_temp.equal(concat_ws(' ', delivered_seq, other_type, other_id), '5 mitra ' || :'mitra', 'five messages reached the customer: the mitra is to be told') FROM api.deliver_messages(ARRAY[:'session', :'session']::uuid[], '{customer,customer}', ARRAY[:'customer', :'customer']::uuid[], '{0,0}', '{5,3}');
SELECT pg_temp.equal(count(*), 0::bigint, 'what was delivered before is no news') FROM api.deliver_messages(ARRAY[:'session']::uuid[], '{customer}', ARRAY[:'customer']::uuid[], '{0}', '{4}');
SELECT pg_temp.equal(delivered_seq, 7::bigint, 'nothing is delivered beyond the last') FROM api.deliver_messages(ARRAY[:'session']::uuid[], '{customer}', ARRAY[:'customer']::uuid[], '{5}', '{99}');
SELECT pg_temp.equal(count(*), 0::bigint, 'nor of a session without messages') FROM api.deliver_messages(ARRAY[gen_random_uuid()], '{customer}', ARRAY[:'customer']::uuid[], '{0}', '{1}');
SELECT pg_temp.equal(concat_ws(' ', read_seq, is_news, other_type, other_id), '4 t mitra ' || :'mitra', 'the customer has read four') FROM api.read_messages(:'session', 'customer', :'customer', 4);
SELECT pg_temp.equal(concat_ws(' ', read_seq, is_news), '4 f', 'reading never goes back') FROM api.read_messages(:'session', 'customer', :'customer', 2);
SELECT pg_temp.equal(items -> 0 ->> 'unread', '3', 'three are left') FROM (SELECT api.list_sessions('customer', :'customer') -> 'items' AS items) AS page;
SELECT pg_temp.equal(concat_ws(' ', read_seq, is_news), '7 t', 'nor beyond the last') FROM api.read_messages(:'session', 'mitra', :'mitra', 99);
SELECT pg_temp.equal(info -> 'watermarks', '{"customer": {"delivered_seq": 7, "read_seq": 4}, "mitra": {"delivered_seq": 7, "read_seq": 7}}', 'what is read was delivered') FROM api.session_info(:'session', 'customer', :'customer') AS info;
SELECT pg_temp.refused(format('SELECT api.read_messages(%L, %L, %L, -1)', :'session', 'mitra', :'mitra'), 'VALIDATION_ERROR', 'a number is not negative', 'seq');
SELECT pg_temp.refused(format('SELECT api.read_messages(%L, %L, %L, 1)', :'session', 'mitra', :'stranger'), 'NOT_FOUND', 'a stranger reads nothing');

-- when it may be written
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(10000, 10, NULL, true), true, :'session') ->> 'id')::uuid AS more \gset
SELECT api.confirm_payment(:'more') \g /dev/null
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'more') ->> 'id' AS extension \gset
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, %L)', :'session', 'customer', :'customer', 'p', 'well?'), 'SESSION_PAUSED', 'nobody speaks while the clock is paused');
SELECT pg_temp.equal(pg_temp.say(:'session', 'customer', :'customer', 'b', 'how are you?'), '3 how are you? repeat', 'but a repeat gets its answer');
SELECT api.respond_to_extension(:'extension', :'session', :'mitra', false) \g /dev/null
SELECT pg_temp.equal(pg_temp.say(:'session', 'mitra', :'mitra', 'bye', 'good bye'), '8 good bye', 'last words');
SELECT pg_temp.equal(last_seq, 8::bigint, 'a refused message left no gap') FROM core.message_counters WHERE session_id = :'session';
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, %L)', :'session', 'customer', :'customer', 'q', 'wait'), 'SESSION_NOT_ACTIVE', 'none when the grace is over, though nobody settled it');
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(pg_temp.say(:'session', 'mitra', :'mitra', 'bye', 'good bye'), '8 good bye repeat', 'a repeat gets its answer for ever');
SELECT pg_temp.equal(pg_temp.seqs(api.list_messages(:'session', 'customer', :'customer', 7)), '8', 'and the parties may always read');

SELECT pg_temp.a_session(:'mitra') AS session \gset
SELECT api.deactivate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.send_message(%L, %L, %L, %L, %L)', :'session', 'mitra', :'mitra', 'z', 'hello'), 'MITRA_DEACTIVATED', 'a deactivated mitra says nothing');
SELECT pg_temp.equal(pg_temp.seqs(api.list_messages(:'session', 'mitra', :'mitra')), '', 'but may read');

SELECT pg_temp.equal(count(*), 0::bigint, 'every promise is kept') FROM ops.invariant_violations;
SELECT pg_temp.finish();
ROLLBACK;
