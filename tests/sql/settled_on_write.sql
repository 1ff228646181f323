-- A session past its time is settled by the next call that changes it and succeeds, and lists show it as settled before.
\ir tap.psql
SELECT pg_temp.plan(30);

SELECT pg_temp.a_mitra(p_max_sessions => 5) AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT count(*) AS said FROM api.send_message(:'session', 'customer', :'customer', 'a', 'Hello') \gset
CREATE FUNCTION pg_temp.active_chats() RETURNS bigint LANGUAGE sql AS $$ SELECT (api.dashboard() ->> 'active_chats')::bigint $$;
CREATE FUNCTION pg_temp.listed(p_status text, p_session uuid) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM jsonb_array_elements(api.list_all_sessions(p_status, 200) -> 'items') AS item WHERE item ->> 'id' = p_session::text)
$$;
SELECT pg_temp.active_chats() AS active_chats \gset

-- lists, which show a session at the moment at which they chose it: here it ends between the two, while the reading is audited
CREATE FUNCTION pg_temp.tg_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(greatest(0, extract(epoch FROM expires_at - clock_timestamp()) + 0.01)) FROM core.chat_sessions
    WHERE status = 'active' AND expires_at < clock_timestamp() + interval '10 seconds';
    RETURN NEW;
END
$$;
SELECT api.create_cc_user('ayu.who.lists@example.com', 'Ayu', 'super_admin', '$argon2id$x') ->> 'id' AS ayu \gset
CREATE TRIGGER wait BEFORE INSERT ON core.audit_log FOR EACH ROW EXECUTE FUNCTION pg_temp.tg_wait();
UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '300 milliseconds' WHERE id = :'session';
SELECT api.list_all_sessions('active', 200, NULL, :'ayu') AS listed \gset
DROP TRIGGER wait ON core.audit_log;
SELECT pg_temp.ok((SELECT expires_at FROM core.chat_sessions WHERE id = :'session') <= clock_timestamp(), 'the session is past its time now');
SELECT pg_temp.equal((SELECT DISTINCT item ->> 'status' FROM jsonb_array_elements(:'listed'::jsonb -> 'items') AS item), 'active', 'and was shown as what it was listed as');
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.ok(pg_temp.listed('closing', :'session') AND NOT pg_temp.listed('active', :'session'), 'a list of those closing has a session past its time, one of those active has not');
SELECT pg_temp.equal(pg_temp.active_chats(), :active_chats - 1::bigint, 'the dashboard does not count it as active');
SELECT pg_temp.equal((mitra ->> 'active_session_count')::integer, 0, 'nor as one of its mitra') FROM jsonb_array_elements(api.dashboard() -> 'customers_per_mitra') AS mitra WHERE mitra ->> 'id' = :'mitra';

-- a message
SELECT pg_temp.equal(count(*), 0::bigint, 'a message past the time is sent alone') FROM api.send_messages(ARRAY[:'session']::uuid[], '{mitra}', ARRAY[:'mitra']::uuid[], '{b}', '{Bye}');
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(message ->> 'seq', '2', 'and is taken') FROM api.send_message(:'session', 'mitra', :'mitra', 'b', 'Bye');
SELECT pg_temp.equal(status, 'closing', 'which settles the session') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'session_closing', 'and tells so');
SELECT pg_temp.equal(capacity, 0, 'its slot is free') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.equal(count(*), 1::bigint, 'the next message goes with others again') FROM api.send_messages(ARRAY[:'session']::uuid[], '{mitra}', ARRAY[:'mitra']::uuid[], '{c}', '{Bye}');
SELECT pg_temp.equal(api.find_customer(:'customer') ->> 'open_session_id', :'session', 'within its grace it is its customer''s open session');
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.ok(pg_temp.listed('completed', :'session') AND NOT pg_temp.listed('closing', :'session'), 'past its grace it is listed as completed');
SELECT pg_temp.equal((SELECT count(*) FROM ops.open_sessions WHERE session_id = :'session'), 0::bigint, 'and is no open session for a DBA');
SELECT pg_temp.equal(api.find_customer(:'customer') ->> 'open_session_id', NULL, 'its customer has no open session');
SELECT pg_temp.equal(api.find_mitra(:'mitra') -> 'open_sessions', '[]', 'nor has its mitra');

-- a mark
SELECT pg_temp.equal(api.set_topic_sensitivity(:'session', :'mitra', 'sensitive') ->> 'status', 'completed', 'a mark past the grace finds it completed');
SELECT pg_temp.equal(status || ' ' || topic_sensitivity, 'completed sensitive', 'and completes it') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.a_session(:'mitra') AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.equal(api.set_topic_sensitivity(:'session', :'mitra', 'sensitive') ->> 'status', 'closing', 'a mark past the time finds it closing');
SELECT pg_temp.equal(status, 'closing', 'and closes it') FROM core.chat_sessions WHERE id = :'session';

-- a rating
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'session';
SELECT api.rate_session(id, customer_id, 5) FROM core.chat_sessions WHERE id = :'session' \g /dev/null
SELECT pg_temp.equal(status, 'completed', 'a rating past the grace completes it') FROM core.chat_sessions WHERE id = :'session';

-- what is read, a block, and a payment for an extension
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT api.send_message(:'session', 'customer', :'customer', 'a', 'Hello') \g /dev/null
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT api.read_messages(:'session', 'mitra', :'mitra', 1) \g /dev/null
SELECT pg_temp.equal(status, 'closing', 'a reading past the time closes it') FROM core.chat_sessions WHERE id = :'session';
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'session';
SELECT api.read_messages(:'session', 'mitra', :'mitra', 1) \g /dev/null
SELECT pg_temp.equal(status, 'completed', 'and one past the grace completes it') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT api.create_payment_request(:'customer', pg_temp.a_package(10000, 10, NULL, true), true, :'session') \g /dev/null
SELECT pg_temp.equal(status, 'closing', 'so does asking to pay for an extension') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'session_closing', 'which tells so');
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'session';
SELECT api.block_other_party(:'session', 'mitra', :'mitra') \g /dev/null
SELECT pg_temp.equal(status, 'completed', 'a block past the grace completes it') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'session_closing session_ended', 'and tells so');
SELECT pg_temp.a_session(:'mitra') AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT api.block_other_party(:'session', 'mitra', :'mitra') \g /dev/null
SELECT pg_temp.equal(status, 'closing', 'and one past the time closes it') FROM core.chat_sessions WHERE id = :'session';
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'session';
SELECT api.set_topic_sensitivity(:'session', :'mitra', 'normal') \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'nothing is left to do') FROM api.run_due();
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
