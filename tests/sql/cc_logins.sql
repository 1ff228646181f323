-- How guesses at an operator's password are slowed down, and what the audit log knows of logins and of reading.
\ir tap.psql
SELECT pg_temp.plan(35);

CREATE FUNCTION pg_temp.try(p_address text, p_email text DEFAULT 'rina@example.com') RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(refusal || ' ' || retry_after_seconds, 'let through') FROM api.begin_cc_login(p_email, p_address)
$$;
CREATE FUNCTION pg_temp.pass(p_time interval) RETURNS void LANGUAGE sql AS $$
    UPDATE core.login_addresses
    SET tried_at = tried_at - p_time, failed_at = ARRAY(SELECT failure - p_time FROM unnest(failed_at) AS failure)
$$;
SELECT api.create_admin('rina@example.com', 'Rina', '$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA') ->> 'id' AS rina \gset

-- five failures of an address
SELECT pg_temp.equal(cc_user_id::text, :'rina', 'the hash of a known user is given') FROM api.begin_cc_login('Rina@Example.com', 'home');
SELECT pg_temp.ok(cc_user_id IS NULL AND password_hash IS NULL AND refusal IS NULL, 'a stranger gets none, and is let through alike') FROM api.begin_cc_login('nobody@example.com', 'home');
SELECT pg_temp.equal(pg_temp.try('home'), 'let through', 'try ' || nth) FROM generate_series(2, 5) AS nth;
SELECT pg_temp.equal(pg_temp.try('home'), 'RATE_LIMITED 900', 'RATE_LIMITED: after five failures the address waits, fifteen minutes from the first');
SELECT pg_temp.equal(cardinality(failed_at), 5, 'what is refused is not counted') FROM core.login_addresses WHERE email = 'rina@example.com';
SELECT pg_temp.equal(pg_temp.try('elsewhere'), 'let through', 'nobody else waits');
SELECT pg_temp.equal(pg_temp.try('home', 'another@example.com'), 'let through', 'nor does the address with another user');
SELECT pg_temp.try('home', 'nobody@example.com') FROM generate_series(1, 4) \g /dev/null
SELECT pg_temp.equal(pg_temp.try('home', 'nobody@example.com'), 'RATE_LIMITED 900', 'RATE_LIMITED: a user that does not exist is refused like any other');
SELECT pg_temp.pass('14 minutes 59 seconds') \g /dev/null
SELECT pg_temp.equal(pg_temp.try('home'), 'RATE_LIMITED 1', 'RATE_LIMITED: a second before');
SELECT pg_temp.pass('1 second') \g /dev/null
SELECT pg_temp.equal(pg_temp.try('home'), 'let through', 'then it is let through');
SELECT pg_temp.equal(refusal IS NULL, true, 'and is right') FROM api.open_cc_login(:'rina', '\xe1', 'home');
SELECT pg_temp.equal(cardinality(failed_at), 0, 'which clears its failures') FROM core.login_addresses WHERE email = 'rina@example.com' AND address = 'home';

-- twenty failures of everybody
SELECT pg_temp.pass('1 hour') \g /dev/null
SELECT pg_temp.try('bot ' || nth) FROM generate_series(1, 19) AS nth \g /dev/null
SELECT pg_temp.equal(pg_temp.try('bot 1'), 'let through', 'before twenty failures an hour nobody waits between tries');
SELECT pg_temp.equal(pg_temp.try('bot 1'), 'RATE_LIMITED 30', 'RATE_LIMITED: after them a stranger''s address waits 30 seconds');
SELECT pg_temp.equal(pg_temp.try('bot 20'), 'let through', 'a new one has a first try');
SELECT pg_temp.equal(pg_temp.try('bot 20'), 'RATE_LIMITED 30', 'RATE_LIMITED: and waits before the next');
SELECT pg_temp.equal(pg_temp.try('home'), 'let through', 'an address that logged in before does not wait');
SELECT pg_temp.equal(pg_temp.try('home'), 'let through', 'between tries');
SELECT pg_temp.pass('30 seconds') \g /dev/null
SELECT pg_temp.equal(pg_temp.try('bot 1'), 'let through', 'after 30 seconds it may try again');
SELECT pg_temp.pass('1 hour') \g /dev/null
SELECT pg_temp.try('bot 1') \g /dev/null
SELECT pg_temp.equal(pg_temp.try('bot 1'), 'let through', 'after an hour the failures are forgotten');
SELECT pg_temp.pass('1 hour 1 second') \g /dev/null
SELECT api.prune(part, 10000) FROM api.prune_parts() AS part \g /dev/null
SELECT pg_temp.equal(string_agg(address, ' '), 'home', 'prune keeps the addresses that logged in') FROM core.login_addresses;
UPDATE core.login_addresses SET logged_in_at = clock_timestamp() - interval '90 days', tried_at = clock_timestamp() - interval '59 minutes';
SELECT api.prune(part, 10000) FROM api.prune_parts() AS part \g /dev/null
SELECT pg_temp.equal(string_agg(address, ' '), 'home', 'for 90 days, and for an hour after a try') FROM core.login_addresses;
SELECT pg_temp.pass('1 minute') \g /dev/null
SELECT api.prune(part, 10000) FROM api.prune_parts() AS part \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'and not for ever') FROM core.login_addresses;
SELECT pg_temp.equal(api.find_cc_user(:'rina') ->> 'last_login_at' IS NOT NULL, true, 'when the user logged in last is known still');

-- what the audit log knows
SELECT set_config('halobestie.request_id', 'req-1', true) \g /dev/null
SELECT api.fail_cc_login('Rina@Example.com', 'bot 1') \g /dev/null
SELECT pg_temp.equal(action || ' ' || subject || ' ' || (after ->> 'address') || ' ' || request_id, 'login.failed rina@example.com bot 1 req-1', 'a failed login') FROM core.audit_log WHERE action = 'login.failed';
SELECT pg_temp.equal(actor || ' ' || (after ->> 'address'), 'cc:rina@example.com home', 'a login') FROM core.audit_log WHERE action = 'login' AND subject = :'rina';
INSERT INTO core.roles (name, permissions) VALUES ('reader', '{"sessions": ["read"], "mitra": ["read"]}');
SELECT api.create_admin('reza@example.com', 'Reza', '$argon2id$x', 'reader') ->> 'id' AS reza \gset
SELECT pg_temp.a_mitra() AS mitra \gset
SELECT pg_temp.a_session(:'mitra') AS session \gset
SELECT api.find_session(:'session', :'reza'), api.list_all_sessions(NULL, 50, NULL, :'reza'), api.list_mitras(50, NULL, :'reza') \g /dev/null
SELECT api.find_session(:'session'), api.list_all_sessions(), api.list_mitras() \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'nobody is noted who saw masks, nor a DBA') FROM core.audit_log WHERE action = 'pii.read';
SELECT api.find_session(:'session', :'rina'), api.list_all_sessions(NULL, 50, NULL, :'rina'), api.list_mitras(50, NULL, :'rina') \g /dev/null
SELECT pg_temp.equal(string_agg(actor || ' ' || subject, ', ' ORDER BY id), 'cc:rina@example.com ' || :'session' || ', cc:rina@example.com chat_sessions, cc:rina@example.com mitras', 'whoever saw phones and messages is noted') FROM core.audit_log WHERE action = 'pii.read';
SELECT api.list_all_sessions('failed', 50, NULL, :'rina', p_customer_id => gen_random_uuid()), api.list_mitras(50, NULL, :'rina', p_q => 'nobody is called this') \g /dev/null
SELECT pg_temp.equal(count(*), 3::bigint, 'an empty list shows nothing, and is not noted') FROM core.audit_log WHERE action = 'pii.read';
SELECT pg_temp.ok((after -> 'ids') ? :'session', 'with what was seen') FROM core.audit_log WHERE action = 'pii.read' AND subject = 'chat_sessions';
SELECT api.request_reseed(:'rina') \g /dev/null
SELECT pg_temp.equal(actor, 'cc:rina@example.com', 'a reseed') FROM core.audit_log WHERE action = 'mirror.reseed';
SELECT api.request_reseed(NULL) \g /dev/null
SELECT pg_temp.equal(count(*), 1::bigint, 'a tool''s too, by its role') FROM core.audit_log WHERE action = 'mirror.reseed' AND actor = session_user;

SELECT pg_temp.finish();
ROLLBACK;
