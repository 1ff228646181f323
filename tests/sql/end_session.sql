-- A party, or the control centre, ends a session at once, for both.
\ir tap.psql
SELECT pg_temp.plan(28);

SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_mitra() AS other, pg_temp.a_customer() AS customer, pg_temp.a_customer() AS stranger \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '100.9 seconds' WHERE id = :'session';
DELETE FROM core.session_warnings WHERE session_id = :'session';
SELECT pg_temp.seq('mitra', :'mitra') AS mitra_seq, pg_temp.seq('customer', :'customer') AS seq, version AS version FROM api.mirror_state(ARRAY[:'mitra'::uuid]) \gset

SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''customer'', %L)', :'session', :'stranger'), 'NOT_FOUND', 'another customer does not end it');
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''mitra'', %L)', :'session', :'other'), 'NOT_FOUND', 'another mitra does not end it');
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''customer'', %L)', :'session', :'mitra'), 'NOT_FOUND', 'a mitra is no customer');
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''nobody'', %L)', :'session', :'mitra'), 'NOT_FOUND', 'nor is somebody of no known type');
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''cc'', NULL)', gen_random_uuid()), 'NOT_FOUND', 'an unknown session does not end');

SELECT api.end_session(:'session', 'mitra', :'mitra') AS ended \gset
SELECT pg_temp.equal((:'ended'::jsonb ->> 'status') || ' ' || (:'ended'::jsonb ->> 'end_reason'), 'completed ended_by_mitra', 'the session is completed');
SELECT pg_temp.equal((:'ended'::jsonb ->> 'unused_seconds')::integer, 100, 'what was left of its clock is on record, in whole seconds');
SELECT pg_temp.equal((:'ended'::jsonb ->> 'seconds_left')::numeric, 0::numeric, 'nothing is left to be used');
SELECT pg_temp.equal(status || ' ' || refund_due_amount, 'consumed 0', 'an early end refunds nothing by itself') FROM core.payment_requests WHERE session_id = :'session';
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :mitra_seq) || ', ' || pg_temp.told('customer', :'customer', :seq), 'session_ended, session_ended', 'both are told');
SELECT pg_temp.equal(frame ->> 'end_reason', 'ended_by_mitra', 'why') FROM api.events_after('customer', :'customer', :seq);
SELECT pg_temp.equal(capacity || ' ' || (version > :version)::text, '0 true', 'the slot is free') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.equal(count(*), 0::bigint, 'no warning is left') FROM core.session_warnings WHERE session_id = :'session';
SELECT pg_temp.equal(api.end_session(:'session', 'customer', :'customer') - 'server_time', :'ended'::jsonb - 'server_time', 'on a final session it changes nothing, whoever asks');
SELECT pg_temp.equal(pg_temp.seq('customer', :'customer'), :seq + 1, 'and tells nobody');

-- who ends it is on record
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.equal(api.end_session(pg_temp.a_session(:'mitra', :'customer'), 'customer', :'customer') ->> 'end_reason', 'ended_by_customer', 'the customer may end it');
SELECT pg_temp.equal(api.end_session(pg_temp.a_session(:'mitra'), 'cc', NULL) ->> 'end_reason', 'ended_by_cc', 'the control centre may end it');

-- last words
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.settle() \g /dev/null
SELECT api.end_session(:'session', 'customer', :'customer') AS ended \gset
SELECT pg_temp.equal((:'ended'::jsonb ->> 'status') || ' ' || (:'ended'::jsonb ->> 'end_reason') || ' ' || (:'ended'::jsonb ->> 'unused_seconds'), 'completed ended_by_customer 0', 'a closing session can be ended before its grace is over');

-- judged as if what is due were settled
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() - interval '1 second' WHERE id = :'session';
SELECT api.end_session(:'session', 'customer', :'customer') AS ended \gset
SELECT pg_temp.equal((:'ended'::jsonb ->> 'end_reason') || ' ' || (:'ended'::jsonb ->> 'unused_seconds'), 'ended_by_customer 0', 'a session past its time closes first, and is ended then');

SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.settle() \g /dev/null
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.equal(api.session_info(:'session', 'customer', :'customer') ->> 'status', 'completed', 'a session past its grace is shown as completed before anybody settled it');
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(api.end_session(:'session', 'customer', :'customer') ->> 'end_reason', 'expired', 'past its grace it ended by itself');
SELECT pg_temp.equal(status, 'completed', 'which is written') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'session_ended', 'and told');

-- a search is cancelled, not ended
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_search(:'customer') AS session \gset
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''customer'', %L)', :'session', :'customer'), 'INVALID_STATE', 'a search can not be ended');
SELECT pg_temp.an_offer(:'session', :'mitra') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''customer'', %L)', :'session', :'customer'), 'INVALID_STATE', 'nor one with offers out');
SELECT api.cancel_session(:'session', :'customer') \g /dev/null
SELECT pg_temp.equal(api.end_session(:'session', 'customer', :'customer') ->> 'status', 'cancelled', 'once cancelled, ending it changes nothing');
SELECT pg_temp.equal(unaccounted, 0::numeric, 'every rupiah is accounted for') FROM ops.money_balance;
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
