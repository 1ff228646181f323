-- Who comes in, and how a login ends: anonymous, by a code, refreshed, logged out, reused.
\ir tap.psql
SELECT pg_temp.plan(92);

CREATE FUNCTION pg_temp.verify(p_phone text, p_user_type text, p_code bytea, p_token bytea, p_anonymous uuid DEFAULT NULL, p_address text DEFAULT 'here') RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(refusal, user_type || ':' || user_id) FROM api.verify_otp(p_phone, p_user_type, p_code, p_token, p_address, p_anonymous)
$$;
CREATE FUNCTION pg_temp.refresh(p_token bytea, p_new bytea, p_generation integer DEFAULT 1) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(refusal, user_type || ':' || user_id) FROM api.refresh_login(p_token, p_generation, p_new)
$$;
-- The same, as the generation that is due and the hash of the successor.
CREATE FUNCTION pg_temp.generation(p_token bytea, p_new bytea, p_generation integer DEFAULT 1) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(refusal, generation || ' ' || coalesce(successor_hash::text, 'not yet')) FROM api.refresh_login(p_token, p_generation, p_new)
$$;
CREATE FUNCTION pg_temp.pass_window(p_token bytea) RETURNS void LANGUAGE sql AS $$
    UPDATE core.auth_sessions SET refreshed_at = refreshed_at - interval '30 seconds' WHERE token_hash = p_token
$$;

-- anonymous
SELECT user_type AS user_type, user_id AS guest, auth_session_id AS login, refusal IS NULL AS welcome FROM api.register_anonymous_customer('\xa1') \gset
SELECT pg_temp.ok(:'welcome' AND :'user_type' = 'customer', 'an anonymous customer is let in');
SELECT pg_temp.ok(is_anonymous AND phone IS NULL, 'and has no phone') FROM core.customers WHERE id = :'guest';
SELECT pg_temp.equal(api.profile('customer', :'guest') ->> 'is_anonymous', 'true', 'as its profile says');
SELECT pg_temp.equal(family::text, :'login', 'its access token''s sid is the family') FROM core.auth_sessions WHERE token_hash = '\xa1';
SELECT pg_temp.ok(expires_at BETWEEN clock_timestamp() + interval '29 days' AND clock_timestamp() + interval '31 days', 'a refresh token lasts 30 days') FROM core.auth_sessions WHERE token_hash = '\xa1';

-- a code
SELECT pg_temp.a_phone() AS phone, pg_temp.a_phone() AS unknown_mitra, pg_temp.a_phone() AS other_phone \gset
SELECT pg_temp.ok(api.request_otp(:'phone', 'customer', '\x01', 'here'), 'a customer''s code is delivered, known or not');
SELECT pg_temp.ok(NOT api.request_otp(:'unknown_mitra', 'mitra', '\x01', 'here'), 'a mitra''s only to a mitra');
SELECT pg_temp.refused(format('SELECT api.request_otp(%L, ''cc'', ''\x01'', ''here'')', :'phone'), 'VALIDATION_ERROR', 'nobody else has codes', 'user_type');
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x02', '\xb0'), 'OTP_INVALID', 'OTP_INVALID: a wrong code');
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'mitra', '\x01', '\xb0'), 'OTP_INVALID', 'OTP_INVALID: the right code of another kind of user');
SELECT pg_temp.equal(pg_temp.verify(:'other_phone', 'customer', '\x01', '\xb0'), 'OTP_INVALID', 'OTP_INVALID: a phone without a code');
SELECT pg_temp.equal(tries, 1, 'a wrong code is counted') FROM core.otp_challenges WHERE phone = :'phone';
SELECT pg_temp.verify(:'phone', 'customer', '\x01', '\xb1') AS somebody \gset
SELECT pg_temp.equal(split_part(:'somebody', ':', 1), 'customer', 'the right code makes an account of an unknown phone');
SELECT split_part(:'somebody', ':', 2) AS owner \gset
SELECT pg_temp.ok(NOT is_anonymous, 'which is not anonymous') FROM core.customers WHERE id = :'owner' AND phone = :'phone';
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xb2'), 'OTP_INVALID', 'OTP_INVALID: a code is used once');

-- tries and time
SELECT api.request_otp(:'phone', 'customer', '\x01', 'here') \g /dev/null
SELECT pg_temp.verify(:'phone', 'customer', '\x09', '\xb3') FROM generate_series(1, 5) \g /dev/null
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xb3'), 'OTP_INVALID', 'OTP_INVALID: after five tries the right one comes too late');
SELECT pg_temp.equal(tries, 5, 'and is not even counted') FROM core.otp_challenges WHERE phone = :'phone';
SELECT api.request_otp(:'phone', 'customer', '\x01', 'here') \g /dev/null
SELECT pg_temp.verify(:'phone', 'customer', '\x09', '\xb3') FROM generate_series(1, 4) \g /dev/null
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xb3'), :'somebody', 'the fifth try may be right');
SELECT api.request_otp(:'phone', 'customer', '\x01', 'here') \g /dev/null
SELECT pg_temp.ok(expires_at - created_at BETWEEN interval '299 seconds' AND interval '301 seconds', 'a code lasts five minutes') FROM core.otp_challenges WHERE phone = :'phone';
UPDATE core.otp_challenges SET expires_at = clock_timestamp() WHERE phone = :'phone';
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xb4'), 'OTP_INVALID', 'OTP_INVALID: at its end it is over');
SELECT api.request_otp(:'phone', 'customer', '\x01', 'here') \g /dev/null
SELECT api.request_otp(:'phone', 'customer', '\x02', 'here') \g /dev/null
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xb4'), 'OTP_INVALID', 'OTP_INVALID: a newer code replaces it');
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x02', '\xb4'), :'somebody', 'the newer one is right');

-- the key of the hashes changed meanwhile
SELECT api.request_otp(:'phone', 'customer', '\x01', 'here') \g /dev/null
SELECT pg_temp.equal(refusal, 'OTP_INVALID', 'OTP_INVALID: by no key is it right') FROM api.verify_otp(:'phone', 'customer', '\x02', '\xb9', 'here', NULL, ARRAY['\x03', '\x04']::bytea[]);
SELECT pg_temp.equal(tries, 1, 'a code is one try, however many keys there are') FROM core.otp_challenges WHERE phone = :'phone';
SELECT pg_temp.equal(user_type || ':' || user_id, :'somebody', 'a code by an older key is right') FROM api.verify_otp(:'phone', 'customer', '\x02', '\xb9', 'here', NULL, ARRAY['\x03', '\x01']::bytea[]);

-- a stranger's guesses do not void the owner's code, nor are they more than five
SELECT api.request_otp(:'phone', 'customer', '\x01', 'here') \g /dev/null
SELECT pg_temp.verify(:'phone', 'customer', '\x09', '\xb5', NULL, 'address ' || nth) FROM generate_series(1, 20) AS nth \g /dev/null
SELECT pg_temp.equal(tries || ' ' || other_tries, '0 5', 'other addresses have five tries together') FROM core.otp_challenges WHERE phone = :'phone';
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xb5', NULL, 'elsewhere'), 'OTP_INVALID', 'OTP_INVALID: none of them has another');
SELECT pg_temp.verify(:'phone', 'customer', '\x09', '\xb5') FROM generate_series(1, 4) \g /dev/null
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xb5'), :'somebody', 'the address that asked has its own five');
SELECT api.request_otp(:'phone', 'customer', '\x01', 'here') \g /dev/null
SELECT pg_temp.verify(:'phone', 'customer', '\x09', '\xb6') FROM generate_series(1, 9) \g /dev/null
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xb6', NULL, 'another network'), :'somebody', 'its owner may come from another network');

-- an anonymous customer gets a phone
SELECT api.request_otp(:'other_phone', 'customer', '\x01', 'here') \g /dev/null
SELECT pg_temp.equal(pg_temp.verify(:'other_phone', 'customer', '\x01', '\xc1', :'guest'), 'customer:' || :'guest', 'an anonymous customer that proves a free phone keeps its account');
SELECT pg_temp.equal(is_anonymous || ' ' || phone, 'false ' || :'other_phone', 'and is anonymous no more') FROM core.customers WHERE id = :'guest';
SELECT user_id AS guest FROM api.register_anonymous_customer('\xa2') \gset
SELECT api.request_otp(:'phone', 'customer', '\x01', 'here') \g /dev/null
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xc2', :'guest'), :'somebody', 'onto another''s phone it logs in as that one');
SELECT pg_temp.a_search(:'guest') AS session \gset
SELECT api.request_otp(:'phone', 'customer', '\x01', 'here') \g /dev/null
SELECT pg_temp.refused(format('SELECT * FROM api.verify_otp(%L, ''customer'', ''\x01'', ''\xc3'', ''here'', %L)', :'phone', :'guest'), 'SESSION_ALREADY_OPEN', 'but not away from an open session');
SELECT api.cancel_session(:'session', :'guest') \g /dev/null
SELECT pg_temp.refused(format('SELECT * FROM api.verify_otp(%L, ''customer'', ''\x01'', ''\xc3'', ''here'', %L)', :'phone', :'guest'), 'SESSION_ALREADY_OPEN', 'nor from money that is due');
UPDATE core.payment_requests SET refund_status = 'refunded', refunded_amount = amount, refund_due_amount = 0 WHERE customer_id = :'guest';
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xc3', :'guest'), :'somebody', 'the code that was refused so is still good');
SELECT user_id AS guest FROM api.register_anonymous_customer('\xa3') \gset
SELECT pg_temp.a_mitra() AS host \gset
SELECT pg_temp.a_session(:'host', :'guest') AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.settle() \g /dev/null
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'session';
SELECT api.request_otp(:'phone', 'customer', '\x01', 'here') \g /dev/null
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xc4', :'guest'), :'somebody', 'a session past its grace holds nobody, though nobody settled it yet');

-- money that arrives for a customer that is gone
SELECT user_id AS guest FROM api.register_anonymous_customer('\xa4') \gset
SELECT pg_temp.a_payment(:'guest') AS open_link, pg_temp.a_payment(:'guest') AS expired_link \gset
UPDATE core.payment_requests SET status = 'expired', expires_at = clock_timestamp() WHERE id = :'expired_link';
SELECT pg_temp.seq('customer', :'guest') AS seq \gset
SELECT api.request_otp(:'phone', 'customer', '\x01', 'here') \g /dev/null
SELECT pg_temp.equal(pg_temp.verify(:'phone', 'customer', '\x01', '\xc5', :'guest'), :'somebody', 'an open link does not keep an anonymous customer from logging in as another');
SELECT pg_temp.equal(status || ' ' || failure_cause, 'cancelled account_merged', 'it is cancelled') FROM core.payment_requests WHERE id = :'open_link';
SELECT pg_temp.equal(pg_temp.told('customer', :'guest', :seq), 'payment_updated', 'and its app is told');
SELECT pg_temp.equal(api.confirm_payment(:'open_link') ->> 'status', 'failed', 'money for the cancelled link comes to nothing');
SELECT pg_temp.equal(api.confirm_payment(:'expired_link', clock_timestamp() - interval '1 minute') ->> 'status', 'failed', 'and so does money for a link that had expired, paid in time');
SELECT pg_temp.equal(string_agg(refund_status || ' ' || (refund_due_amount = amount), ', '), 'due true, due true', 'all of it is due back') FROM core.payment_requests WHERE id IN (:'open_link', :'expired_link');
UPDATE core.payment_requests SET refund_status = 'refunded', refunded_amount = amount, refund_due_amount = 0 WHERE customer_id = :'guest';
SELECT pg_temp.equal(api.confirm_payment(pg_temp.a_payment(:'guest')) ->> 'status', 'confirmed', 'a link made after that is like any other');
SELECT user_id AS leaver FROM api.register_anonymous_customer('\xa5') \gset
SELECT pg_temp.a_payment(:'leaver') AS open_link, pg_temp.a_payment(:'leaver') AS expired_link \gset
UPDATE core.payment_requests SET status = 'expired', expires_at = clock_timestamp() WHERE id = :'expired_link';
SELECT api.delete_customer(:'leaver') \g /dev/null
SELECT pg_temp.equal(status || ' ' || failure_cause, 'cancelled account_deleted', 'deleting an account cancels its open links') FROM core.payment_requests WHERE id = :'open_link';
SELECT api.confirm_payment(:'open_link'), api.confirm_payment(:'expired_link', clock_timestamp() - interval '1 minute') \g /dev/null
SELECT pg_temp.equal(string_agg(status || ' ' || refund_status || ' ' || (refund_due_amount = amount), ', '), 'failed due true, failed due true', 'money that arrives later is due back') FROM core.payment_requests WHERE customer_id = :'leaver';
SELECT pg_temp.equal(count(*), 0::bigint, 'and starts no chat for nobody') FROM core.chat_sessions WHERE customer_id = :'leaver';

-- a mitra
SELECT pg_temp.a_mitra(false) AS mitra \gset
SELECT phone AS mitra_phone FROM core.mitras WHERE id = :'mitra' \gset
SELECT pg_temp.ok(api.request_otp(:'mitra_phone', 'mitra', '\x01', 'here'), 'a mitra''s code is delivered');
SELECT pg_temp.equal(pg_temp.verify(:'mitra_phone', 'mitra', '\x01', '\xd1'), 'mitra:' || :'mitra', 'a mitra logs in');
SELECT pg_temp.equal(pg_temp.verify(:'unknown_mitra', 'mitra', '\x01', '\xd2'), 'OTP_INVALID', 'OTP_INVALID: who is no mitra gets the same answer as a wrong code');
SELECT pg_temp.equal(api.profile('mitra', :'mitra') ->> 'type', 'mitra', 'a mitra has a profile');
SELECT pg_temp.refused(format('SELECT api.profile(''customer'', %L)', :'mitra'), 'NOT_FOUND', 'but not as a customer');
SELECT pg_temp.refused(format('SELECT api.profile(''cc'', %L)', :'mitra'), 'NOT_FOUND', 'nor as an operator');

-- refresh
SELECT pg_temp.equal(pg_temp.refresh('\xd1', '\xd3'), 'mitra:' || :'mitra', 'a refresh token is exchanged for a new one');
SELECT pg_temp.equal(revoked_reason, 'rotated', 'the old one is spent') FROM core.auth_sessions WHERE token_hash = '\xd1';
SELECT pg_temp.equal(count(DISTINCT family), 1::bigint, 'the login is the same') FROM core.auth_sessions WHERE token_hash IN ('\xd1', '\xd3');
SELECT pg_temp.equal(pg_temp.refresh('\xff', '\xd4'), 'UNAUTHENTICATED', 'UNAUTHENTICATED: an unknown token');
SELECT pg_temp.equal((SELECT refusal FROM api.refresh_login('\xd3', 1, '\xd4', '{cc}')), 'UNAUTHENTICATED', 'UNAUTHENTICATED: a token of another kind of user');

-- it comes again within the window
SELECT pg_temp.equal(pg_temp.generation('\xd1', '\xee'), '1 \xd3', 'within the window it gets the same successor, whatever the caller derived');
SELECT pg_temp.equal(pg_temp.generation('\xd1', '\xee', 2), '1 \xd3', 'and whichever generation the caller brought');
SELECT pg_temp.equal(pg_temp.generation('\xd3', '\xd4'), '1 \xd4', 'the successor works');
SELECT pg_temp.equal(pg_temp.generation('\xd1', '\xee'), '1 \xd3', 'within its window an old token gets its successor though that was refreshed');
SELECT pg_temp.equal(count(*), 1::bigint, 'one token is live') FROM core.auth_sessions WHERE user_id = :'mitra' AND revoked_at IS NULL;

-- it comes again later, and its successor was never used: the answer was lost
SELECT pg_temp.pass_window('\xd3') \g /dev/null
SELECT pg_temp.equal(pg_temp.generation('\xd3', '\xee'), '2 not yet', 'after the window the next generation is due');
SELECT pg_temp.equal(count(*), 1::bigint, 'and nothing was changed') FROM core.auth_sessions WHERE token_hash = '\xd4' AND revoked_at IS NULL;
SELECT pg_temp.equal(pg_temp.generation('\xd3', '\xd5', 2), '2 \xd5', 'it replaces the first');
SELECT pg_temp.equal(revoked_reason, 'replaced', 'which is spent') FROM core.auth_sessions WHERE token_hash = '\xd4';
SELECT pg_temp.equal(pg_temp.generation('\xd3', '\xee', 1), '2 \xd5', 'and a new window begins');
SELECT pg_temp.equal(pg_temp.generation('\xd5', '\xd6'), '1 \xd6', 'the second generation works');
SELECT pg_temp.equal(count(*), 1::bigint, 'one token is live') FROM core.auth_sessions WHERE user_id = :'mitra' AND revoked_at IS NULL;

-- everything else is a copy in other hands
SELECT pg_temp.seq('customer', :'owner') AS seq \gset
SELECT pg_temp.equal(pg_temp.generation('\xc2', '\xe1'), '1 \xe1', 'another login is refreshed');
SELECT pg_temp.pass_window('\xc2') \g /dev/null
SELECT pg_temp.equal(pg_temp.generation('\xc2', '\xe2', 2), '2 \xe2', 'and refreshed again');
SELECT pg_temp.equal(pg_temp.refresh('\xe1', '\xee'), 'UNAUTHENTICATED', 'UNAUTHENTICATED: a replaced token');
SELECT pg_temp.equal(revoked_reason, 'reused', 'revokes its family') FROM core.auth_sessions WHERE token_hash = '\xe2';
SELECT pg_temp.equal(pg_temp.told('customer', :'owner', :seq), 'signed_out', 'and orders its sockets closed');
SELECT pg_temp.equal(pg_temp.generation('\xc3', '\xe3'), '1 \xe3', 'a third login is refreshed');
UPDATE core.auth_sessions SET generation = NULL, refreshed_at = NULL, successor_hash = NULL WHERE token_hash = '\xc3';
SELECT pg_temp.equal(pg_temp.refresh('\xc3', '\xee'), 'UNAUTHENTICATED', 'UNAUTHENTICATED: a token rotated before this release');
SELECT pg_temp.equal(revoked_reason, 'reused', 'revokes its family') FROM core.auth_sessions WHERE token_hash = '\xe3';
SELECT pg_temp.seq('mitra', :'mitra') AS seq \gset
SELECT pg_temp.pass_window('\xd3') \g /dev/null
SELECT pg_temp.equal(pg_temp.refresh('\xd3', '\xee', 3), 'UNAUTHENTICATED', 'UNAUTHENTICATED: after its window a token whose successor was refreshed');
SELECT pg_temp.equal(string_agg(DISTINCT revoked_reason, ' ' ORDER BY revoked_reason), 'replaced reused rotated', 'revokes the whole family') FROM core.auth_sessions WHERE user_id = :'mitra';
SELECT pg_temp.equal(pg_temp.refresh('\xd6', '\xd7'), 'UNAUTHENTICATED', 'UNAUTHENTICATED: the newest token of the family is dead too');
SELECT pg_temp.equal(pg_temp.refresh('\xd5', '\xee'), 'UNAUTHENTICATED', 'UNAUTHENTICATED: and no window brings the family back');
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :seq), 'signed_out', 'its end is said once');
SELECT api.set_config('refresh_reuse_seconds', '0', 'test') \g /dev/null
SELECT pg_temp.equal(pg_temp.generation('\xc4', '\xe5'), '1 \xe5', 'without a window');
SELECT pg_temp.equal(pg_temp.generation('\xc4', '\xe6', 2), '2 \xe6', 'each answer replaces the one before');
UPDATE core.auth_sessions SET expires_at = clock_timestamp() WHERE token_hash = '\xb1';
SELECT pg_temp.equal(pg_temp.refresh('\xb1', '\xd7'), 'UNAUTHENTICATED', 'UNAUTHENTICATED: a token past its end');
SELECT pg_temp.ok(revoked_at IS NULL, 'is no reuse') FROM core.auth_sessions WHERE token_hash = '\xb3';

-- logout
SELECT family AS family FROM core.auth_sessions WHERE token_hash = '\xb4' \gset
SELECT pg_temp.seq('customer', :'owner') AS seq \gset
SELECT api.logout(:'family') \g /dev/null
SELECT pg_temp.equal(revoked_reason, 'logout', 'a logout ends the login') FROM core.auth_sessions WHERE token_hash = '\xb4';
SELECT pg_temp.ok(revoked_at IS NULL, 'and no other') FROM core.auth_sessions WHERE token_hash = '\xb3';
SELECT pg_temp.equal(pg_temp.told('customer', :'owner', :seq), 'signed_out', 'its sockets are ordered closed');
SELECT api.logout(:'family') \g /dev/null
SELECT api.logout(gen_random_uuid()) \g /dev/null
SELECT pg_temp.equal(pg_temp.told('customer', :'owner', :seq), 'signed_out', 'once');
SELECT pg_temp.equal(pg_temp.refresh('\xb4', '\xd8'), 'UNAUTHENTICATED', 'UNAUTHENTICATED: a login that ended is not refreshed');

-- what is over is pruned
UPDATE core.auth_sessions SET expires_at = clock_timestamp() - interval '25 hours' WHERE token_hash = '\xc1';
UPDATE core.otp_challenges SET expires_at = clock_timestamp() - interval '1 second' WHERE phone = :'unknown_mitra';
SELECT api.prune(part, 10000) FROM api.prune_parts() AS part \g /dev/null
SELECT pg_temp.equal((SELECT count(*) FROM core.auth_sessions WHERE token_hash = '\xc1') + (SELECT count(*) FROM core.otp_challenges WHERE phone = :'unknown_mitra'), 0::bigint, 'prune deletes codes and logins past their end');

SELECT pg_temp.finish();
ROLLBACK;
