-- The clock runs out, last words are said, the session is completed: deadlines in rows, moved by run_due.
\ir tap.psql
SELECT pg_temp.plan(39);

SELECT pg_temp.set('closure_grace_seconds', '45');
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.equal(count(*), 0::bigint, 'a running clock is not due') FROM api.run_due();
SELECT pg_temp.ok(api.next_deadline() <= (SELECT expires_at FROM core.chat_sessions WHERE id = :'session'), 'the next deadline is not after its end');

-- expiry
DELETE FROM core.session_warnings WHERE session_id = :'session';
UPDATE core.chat_sessions SET expires_at = clock_timestamp() - interval '2 seconds' WHERE id = :'session' RETURNING expires_at AS was_due \gset
SELECT pg_temp.equal(api.session_info(:'session', 'customer', :'customer') ->> 'status', 'closing', 'a session past its time is shown as closing before anybody settled it');
SELECT pg_temp.equal(api.next_deadline(), :'was_due'::timestamptz, 'what is overdue is the next deadline');
SELECT pg_temp.seq('mitra', :'mitra') AS mitra_seq, pg_temp.seq('customer', :'customer') AS seq \gset
SELECT kind AS kind, id AS id, due_at AS due_at, fired_at AS fired_at FROM api.run_due() \gset
SELECT pg_temp.equal(:'kind' || ' ' || :'id', 'expiry ' || :'session', 'run_due says what it moved');
SELECT pg_temp.equal(:'due_at'::timestamptz, :'was_due'::timestamptz, 'when it was due');
SELECT pg_temp.ok(:'fired_at'::timestamptz BETWEEN :'was_due'::timestamptz + interval '2 seconds' AND clock_timestamp(), 'and when it fired');
SELECT pg_temp.equal(status || ' ' || closing_cause, 'closing expired', 'the session closes') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.ok(expires_at BETWEEN :'was_due'::timestamptz + interval '2 seconds' AND :'fired_at', 'expires_at is the moment it began to close') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(closing_ends_at - expires_at, interval '45 seconds', 'late or not, the grace is always full') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(unused_seconds, 0, 'nothing was left') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :mitra_seq) || ', ' || pg_temp.told('customer', :'customer', :seq), 'session_closing, session_closing', 'both are told');
SELECT pg_temp.equal(capacity, 0, 'last words take no slot') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.ok((settled > 0 AND max_ms >= 2000), 'how late it was is on record') FROM ops.deadline_lateness WHERE kind = 'expiry' ORDER BY hour DESC LIMIT 1;
SELECT pg_temp.equal(count(*), 0::bigint, 'it is moved once') FROM api.run_due();

-- grace
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() - interval '3 seconds' WHERE id = :'session' RETURNING closing_ends_at AS was_due \gset
SELECT pg_temp.seq('mitra', :'mitra') AS mitra_seq, pg_temp.seq('customer', :'customer') AS seq \gset
SELECT kind AS kind, id AS id, due_at AS due_at FROM api.run_due() \gset
SELECT pg_temp.equal(:'kind' || ' ' || :'id' || ' ' || :'due_at', concat_ws(' ', 'closure', :'session', :'was_due'), 'the end of the grace is a deadline of its own');
SELECT pg_temp.equal(status || ' ' || end_reason, 'completed expired', 'the session is completed') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.ok(ended_at > :'was_due'::timestamptz, 'ended_at is when it was settled') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :mitra_seq) || ', ' || pg_temp.told('customer', :'customer', :seq), 'session_ended, session_ended', 'both are told');
SELECT pg_temp.ok(api.create_payment_request(:'customer', pg_temp.a_package(), p_anyone_available => true) IS NOT NULL, 'the customer may begin anew');

-- a grace of nothing
SELECT pg_temp.set('closure_grace_seconds', '0');
SELECT pg_temp.a_session(:'mitra') AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.settle(), '{"expiry": 1, "closure": 1}', 'without grace the session still closes before it ends');
SELECT pg_temp.set('closure_grace_seconds', '45');

-- many at once, each its own deadline
CREATE TEMP TABLE many AS SELECT pg_temp.a_session(pg_temp.a_mitra()) AS id, nth FROM generate_series(1, 30) AS nth;
UPDATE core.chat_sessions AS session SET expires_at = clock_timestamp() - make_interval(secs => many.nth) FROM pg_temp.many WHERE session.id = many.id;
CREATE TEMP TABLE fired AS SELECT * FROM api.run_due(20);
SELECT pg_temp.equal(count(*), 20::bigint, 'p_limit bounds a call') FROM pg_temp.fired;
SELECT pg_temp.equal(array_agg(many.nth ORDER BY many.nth), (SELECT array_agg(nth) FROM generate_series(11, 30) AS nth), 'the longest overdue come first') FROM pg_temp.fired JOIN pg_temp.many USING (id);
SELECT pg_temp.ok(bool_and(fired.fired_at - fired.due_at BETWEEN make_interval(secs => many.nth) AND make_interval(secs => many.nth) + interval '5 seconds'), 'each with its own deadline')
FROM pg_temp.fired JOIN pg_temp.many USING (id);
SELECT pg_temp.equal(count(*), 10::bigint, 'the next call moves the rest') FROM api.run_due(20);
UPDATE core.chat_sessions AS session SET closing_ends_at = clock_timestamp() - make_interval(secs => many.nth) FROM pg_temp.many WHERE session.id = many.id;
TRUNCATE pg_temp.fired;
INSERT INTO pg_temp.fired SELECT * FROM api.run_due(1000);
SELECT pg_temp.ok(count(*) = 30 AND bool_and(fired.fired_at - fired.due_at BETWEEN make_interval(secs => many.nth) AND make_interval(secs => many.nth) + interval '5 seconds'), 'graces too, each with its own deadline')
FROM pg_temp.fired JOIN pg_temp.many USING (id);

-- one kind a call, the longest overdue first
SELECT pg_temp.a_session(:'mitra') AS session, pg_temp.a_search() AS search, pg_temp.a_payment(pg_temp.a_customer()) AS payment \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() - interval '10 seconds' WHERE id = :'session';
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() - interval '20 seconds' WHERE id = :'search';
UPDATE core.payment_requests SET expires_at = clock_timestamp() - interval '30 seconds' WHERE id = :'payment';
DELETE FROM core.session_warnings WHERE session_id = :'session';
SELECT pg_temp.equal(string_agg(kind || ' ' || id, ', '), 'payment ' || :'payment', 'the kind that is longest overdue is moved first') FROM api.run_due();
SELECT pg_temp.equal(string_agg(kind || ' ' || id, ', '), 'pairing ' || :'search', 'then the next') FROM api.run_due();
SELECT pg_temp.equal(string_agg(kind || ' ' || id, ', '), 'expiry ' || :'session', 'then the next') FROM api.run_due();
SELECT pg_temp.equal(count(*), 0::bigint, 'until nothing is due') FROM api.run_due();
SELECT pg_temp.equal(status || ' ' || failure_cause || ' ' || refund_due_amount, 'expired payment_expired 0', 'an open link past its time is expired, owing nothing') FROM core.payment_requests WHERE id = :'payment';

-- the passing timer
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT frame AS frame FROM api.session_timers(p_limit => 100000) WHERE session_id = :'session' AND customer_id = :'customer' AND mitra_id = :'mitra' \gset
SELECT pg_temp.ok(:'frame'::jsonb ?& '{type,session_id,seconds_left,expires_at,server_time}', 'a running clock has a session_timer frame');
SELECT pg_temp.ok((:'frame'::jsonb ->> 'seconds_left')::numeric BETWEEN 895 AND 900, 'with the seconds left');
SELECT pg_temp.equal(count(*), 0::bigint, 'paging goes on after an id') FROM api.session_timers(:'session', 100000) WHERE session_id = :'session';
SELECT api.end_session(:'session', 'cc', NULL) \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'a session that ended has no timer') FROM api.session_timers(p_limit => 100000) WHERE session_id = :'session';
-- a clock that was set back: an answer that stands before its question
SELECT pg_temp.a_session(:'mitra') AS session \gset
INSERT INTO core.session_extensions (session_id, payment_request_id, requested_duration_minutes, requested_price, status, requested_at, expires_at, responded_at)
SELECT session.id, pg_temp.payment_of(session.id), 10, 10000, 'rejected', moment.at, moment.at, moment.at - interval '1 minute'
FROM core.chat_sessions AS session, (SELECT clock_timestamp() AS at) AS moment WHERE session.id = :'session';
SELECT pg_temp.equal(core.pauses_of(:'session'), '{}'::tstzmultirange, 'an answer before its question is no pause');
DELETE FROM core.session_warnings WHERE session_id = :'session';
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.equal(string_agg(kind || ' ' || id, ', '), 'expiry ' || :'session', 'nor does it keep the session from its end') FROM api.run_due();
DELETE FROM core.session_extensions WHERE session_id = :'session';
SELECT pg_temp.refused('SELECT * FROM api.run_due(NULL)', 'VALIDATION_ERROR', 'how much to move at most must be said', 'limit');
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations
WHERE invariant <> 'warnings are of active sessions, before their end';

SELECT pg_temp.finish();
ROLLBACK;
