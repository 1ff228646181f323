-- A customer pays to go on; the mitra answers, or silence does.
\ir tap.psql
SELECT pg_temp.plan(57);

CREATE FUNCTION pg_temp.an_extension_payment(p_customer_id uuid, p_session_id uuid, p_confirmed boolean DEFAULT true) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := api.create_payment_request(p_customer_id, pg_temp.a_package(10000, 10, NULL, true), true, p_session_id) ->> 'id';
BEGIN
    IF p_confirmed THEN
        PERFORM api.confirm_payment(v_id);
    END IF;
    RETURN v_id;
END
$$;

SELECT pg_temp.a_mitra(true, 1) AS mitra, pg_temp.a_mitra() AS other, pg_temp.a_customer() AS customer, pg_temp.a_customer() AS stranger \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.an_extension_payment(:'customer', :'session', false) AS unpaid \gset
SELECT pg_temp.an_extension_payment(:'customer', :'session') AS paid \gset
SELECT pg_temp.equal(status, 'active', 'confirming an extension payment changes no session') FROM core.chat_sessions WHERE id = :'session';

-- refusals, in the order of the rules
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 10000, NULL)', :'session', :'customer'), 'VALIDATION_ERROR', 'the payment is required', 'extension_payment_request_id');
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 10000, %L)', :'session', :'stranger', :'paid'), 'SESSION_NOT_ACTIVE', 'another customer''s session is not prolonged');
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 10000, %L)', :'session', :'customer', gen_random_uuid()), 'NOT_FOUND', 'the payment must exist');
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 10000, %L)', :'session', :'customer', pg_temp.a_payment(:'stranger')), 'FORBIDDEN', 'it must be the customer''s');
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 10000, %L)', :'session', :'customer', :'unpaid'), 'INVALID_STATE', 'it must be confirmed');
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 11, 10000, %L)', :'session', :'customer', :'paid'), 'VALIDATION_ERROR', 'the minutes must be its own', 'duration_minutes');
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 9999, %L)', :'session', :'customer', :'paid'), 'VALIDATION_ERROR', 'the price must be its own', 'price');
UPDATE core.payment_requests SET is_first_session_discount = true WHERE id = :'paid';
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 10000, %L)', :'session', :'customer', :'paid'), 'FIRST_SESSION_DISCOUNT_NOT_ALLOWED', 'the first-session price is never for an extension');
UPDATE core.payment_requests SET is_first_session_discount = false, is_extension = false, session_id = NULL WHERE id = :'paid';
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 10000, %L)', :'session', :'customer', :'paid'), 'INVALID_STATE', 'it must be for an extension');
UPDATE core.payment_requests SET is_extension = true WHERE id = :'paid';
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 10000, %L)', :'session', :'customer', :'paid'), 'INVALID_STATE', 'and for this session');
UPDATE core.payment_requests SET session_id = :'session' WHERE id = :'paid';

-- asked for: the clock stands still, the slot stays held
UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '100 seconds' WHERE id = :'session';
SELECT pg_temp.seq('mitra', :'mitra') AS mitra_seq, pg_temp.seq('customer', :'customer') AS seq \gset
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'paid') AS extension \gset
SELECT :'extension'::jsonb ->> 'id' AS id \gset
SELECT pg_temp.equal(:'extension'::jsonb ->> 'status', 'pending', 'the extension waits for an answer');
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :mitra_seq) || ', ' || pg_temp.told('customer', :'customer', :seq), 'extension_request, session_paused', 'the mitra is asked, the customer told of the pause');
SELECT pg_temp.equal(concat_ws(' ', frame ->> 'duration_minutes', frame ->> 'price', frame ->> 'timeout_seconds', frame ->> 'extension_id'), '10 10000 60 ' || :'id', 'with minutes, price, time to answer and the extension') FROM api.events_after('mitra', :'mitra', :mitra_seq);
SELECT pg_temp.equal(concat_ws(' ', info ->> 'status', info ->> 'seconds_left', info -> 'pending_extension' ->> 'id'), 'extending 100 ' || :'id', 'what is left of the clock is kept') FROM api.session_info(:'session', 'customer', :'customer') AS info;
SELECT pg_temp.equal(capacity, 1, 'the slot is held') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.equal(status, 'confirmed', 'nothing is charged yet') FROM core.payment_requests WHERE id = :'paid';
UPDATE core.payment_requests SET confirmed_at = clock_timestamp() - interval '1 hour' WHERE id = :'paid';
SELECT pg_temp.equal((api.expire_stale_payment_requests()).failed, 0, 'a payment held by a pending extension is not swept');
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 10000, %L)', :'session', :'customer', :'paid'), 'SESSION_NOT_ACTIVE', 'a paused session is not prolonged again');

-- the answer
SELECT pg_temp.refused(format('SELECT api.respond_to_extension(%L, %L, %L, true)', :'id', :'session', :'other'), 'FORBIDDEN', 'another mitra does not answer');
SELECT pg_temp.refused(format('SELECT api.respond_to_extension(%L, %L, %L, true)', gen_random_uuid(), :'session', :'mitra'), 'EXTENSION_RESOLVED', 'an unknown extension can not be answered');
SELECT pg_temp.refused(format('SELECT api.respond_to_extension(%L, %L, %L, NULL)', :'id', :'session', :'mitra'), 'VALIDATION_ERROR', 'an answer is yes or no', 'accepted');
SELECT pg_temp.seq('mitra', :'mitra') AS mitra_seq, pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(api.respond_to_extension(:'id', :'session', :'mitra', true) ->> 'status', 'accepted', 'the mitra says yes');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'extension_response session_resumed payment_updated', 'the customer hears the answer, then that it goes on');
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :mitra_seq), 'session_resumed', 'the mitra hears that it goes on');
SELECT pg_temp.equal(concat_ws(' ', info ->> 'status', info ->> 'seconds_left', info ->> 'duration_minutes'), 'active 700 25', 'the clock has what was left and what was bought') FROM api.session_info(:'session', 'customer', :'customer') AS info;
SELECT pg_temp.equal(payment.status || ' ' || entry.type || ' ' || entry.amount, 'consumed extension 10000', 'the money is kept, in one transaction') FROM core.payment_requests AS payment JOIN core.customer_transactions AS entry ON entry.payment_request_id = payment.id WHERE payment.id = :'paid';
SELECT pg_temp.refused(format('SELECT api.respond_to_extension(%L, %L, %L, false)', :'id', :'session', :'mitra'), 'EXTENSION_RESOLVED', 'an answer is given once');

-- no
SELECT pg_temp.an_extension_payment(:'customer', :'session') AS paid \gset
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'paid') ->> 'id' AS id \gset
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(api.respond_to_extension(:'id', :'session', :'mitra', false) ->> 'status', 'rejected', 'the mitra says no');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'extension_response session_closing payment_updated', 'the customer hears the answer, then that it closes');
SELECT pg_temp.equal(status || ' ' || failure_cause || ' ' || refund_due_amount, 'failed extension_rejected 10000', 'the money is owed back') FROM core.payment_requests WHERE id = :'paid';
SELECT pg_temp.equal(concat_ws(' ', status, unused_seconds BETWEEN 690 AND 700, closing_ends_at > clock_timestamp() + interval '50 seconds'), 'closing t t', 'the session closes with a full grace; what was left is on record') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(count(*), 1::bigint, 'the failure is recorded') FROM core.pairing_failures WHERE session_id = :'session' AND cause_tag = 'extension_rejected';

-- from closing the slot is taken again
SELECT pg_temp.an_extension_payment(:'customer', :'session') AS paid \gset
SELECT pg_temp.a_session(:'mitra') AS between \gset
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 10000, %L)', :'session', :'customer', :'paid'), 'CAPACITY_FULL', 'the mitra took another session meanwhile');
SELECT api.end_session(:'between', 'mitra', :'mitra') \g /dev/null
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'paid') ->> 'id' AS id \gset
SELECT pg_temp.equal(capacity, 1, 'the slot is taken again') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);

-- silence
SELECT pg_temp.equal(api.settle_extension(:'id', true) ->> 'status', 'pending', 'before its deadline silence means nothing');
UPDATE core.session_extensions SET expires_at = clock_timestamp() - interval '1 second' WHERE id = :'id';
SELECT pg_temp.equal((SELECT extension_id FROM api.overdue_extensions()), :'id'::uuid, 'past its deadline a listener is asked to settle it');
SELECT pg_temp.equal((SELECT count(*) FROM api.run_due()), 0::bigint, 'run_due leaves it to a listener for a while');
SELECT pg_temp.equal(api.settle_extension(:'id', true) ->> 'status', 'accepted', 'a mitra who is there and says nothing agrees');
SELECT pg_temp.an_extension_payment(:'customer', :'session') AS paid \gset
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'paid') ->> 'id' AS id \gset
UPDATE core.session_extensions SET expires_at = clock_timestamp() - interval '11 seconds' WHERE id = :'id';
SELECT pg_temp.equal((SELECT kind || ' ' || moved.id FROM api.run_due() AS moved), 'extension ' || :'id', 'unsettled for too long, run_due does it');
SELECT pg_temp.equal(status || ' ' || failure_cause, 'failed extension_safeguard_tripped', 'and charges nobody on a guess') FROM core.payment_requests WHERE id = :'paid';
SELECT pg_temp.an_extension_payment(:'customer', :'session') AS paid \gset
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'paid') ->> 'id' AS id \gset
UPDATE core.session_extensions SET expires_at = clock_timestamp() WHERE id = :'id';
SELECT pg_temp.equal(api.settle_extension(:'id', NULL) ->> 'status', 'pending', 'while nobody can tell whether the mitra is there, nothing changes');
SELECT api.note_connected(ARRAY['mitra:' || :'mitra']) \g /dev/null
SELECT pg_temp.equal(api.settle_extension(:'id', false) ->> 'status', 'pending', 'nor when its API alone has lost Valkey, which knows no socket then');
INSERT INTO core.chat_messages (session_day, session_id, seq, sender_type, sender_id, client_message_id, body)
SELECT core.session_day(session), session.id, 1, 'mitra', session.mitra_id, 'proof', 'Yes' FROM core.chat_sessions AS session WHERE session.id = :'session';
INSERT INTO core.message_counters (session_id, last_seq) VALUES (:'session', 1);
SELECT pg_temp.equal(api.settle_extension(:'id', false) ->> 'status', 'accepted', 'a message of the mitra since the request proves it');
SELECT pg_temp.an_extension_payment(:'customer', :'session') AS paid \gset
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'paid') ->> 'id' AS id \gset
SELECT pg_temp.set('extension_default_action_on_timeout', '"auto_reject"');
UPDATE core.session_extensions SET expires_at = clock_timestamp() WHERE id = :'id';
SELECT pg_temp.equal(api.settle_extension(:'id', NULL) ->> 'status', 'timeout', 'under auto_reject silence is a no, whoever is there');
SELECT pg_temp.equal(string_agg(DISTINCT step.who, ' '), 'clock', 'the timeline takes no silence for an answer of the mitra''s')
FROM ops.session_timeline(:'session') AS step JOIN core.session_extensions AS extension ON extension.session_id = :'session' AND extension.responded_at = step.at
WHERE extension.responded_at >= extension.expires_at AND step.what IN ('extension accepted', 'extension timeout');
SELECT pg_temp.equal(concat_ws(' ', who = 'mitra:' || :'mitra', details ->> 'count', (details ->> 'until')::timestamptz = at), 't 1 t', 'and counts what each party wrote') FROM ops.session_timeline(:'session') WHERE what = 'messages';
SELECT pg_temp.equal(failure_cause, 'extension_rejected', 'with that cause') FROM core.payment_requests WHERE id = :'paid';

-- ended while paused
SELECT pg_temp.an_extension_payment(:'customer', :'session') AS paid \gset
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'paid') ->> 'id' AS id \gset
SELECT pg_temp.equal(api.end_session(:'session', 'customer', :'customer') ->> 'status', 'completed', 'a paused session may be ended');
SELECT pg_temp.equal(extension.status || ' ' || payment.failure_cause || ' ' || payment.refund_status, 'cancelled session_ended due', 'its extension is cancelled, the money owed back') FROM core.session_extensions AS extension JOIN core.payment_requests AS payment ON payment.id = extension.payment_request_id WHERE extension.id = :'id';

-- refused twice, the second time from last words: what was left of the clock stays on record, until a yes starts the clock
CREATE FUNCTION pg_temp.asked(p_session_id uuid, p_customer_id uuid) RETURNS uuid LANGUAGE sql AS $$
    SELECT (api.request_extension(p_session_id, p_customer_id, 10, 10000, pg_temp.an_extension_payment(p_customer_id, p_session_id)) ->> 'id')::uuid
$$;
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '100.5 seconds' WHERE id = :'session';
SELECT api.respond_to_extension(pg_temp.asked(:'session', :'customer'), :'session', :'mitra', false) \g /dev/null
SELECT api.respond_to_extension(pg_temp.asked(:'session', :'customer'), :'session', :'mitra', false) \g /dev/null
SELECT pg_temp.equal(status || ' ' || unused_seconds, 'closing 100', 'a second no forgets nothing') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.asked(:'session', :'customer') AS id \gset
UPDATE core.session_extensions SET expires_at = clock_timestamp() WHERE id = :'id';
SELECT api.settle_extension(:'id', false) \g /dev/null
SELECT pg_temp.equal(status || ' ' || unused_seconds, 'closing 100', 'nor does silence') FROM core.chat_sessions WHERE id = :'session';
SELECT api.respond_to_extension(pg_temp.asked(:'session', :'customer'), :'session', :'mitra', true) \g /dev/null
SELECT pg_temp.equal(unused_seconds, 0, 'with a yes the clock starts anew') FROM core.chat_sessions WHERE id = :'session';
UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '100.5 seconds' WHERE id = :'session';
SELECT api.respond_to_extension(pg_temp.asked(:'session', :'customer'), :'session', :'mitra', false) \g /dev/null
SELECT pg_temp.asked(:'session', :'customer') \g /dev/null
SELECT pg_temp.equal(api.end_session(:'session', 'customer', :'customer') -> 'unused_seconds', '100'::jsonb, 'nor does an end while the second is pending');

-- asked for at the very end: judged as if the clock were settled, whether it is or not
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session, pg_temp.a_session(:'mitra') AS second \gset
SELECT pg_temp.an_extension_payment(:'customer', :'session') AS paid \gset
UPDATE core.mitras SET max_sessions = 1 WHERE id = :'mitra';
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.refused(format('SELECT api.request_extension(%L, %L, 10, 10000, %L)', :'session', :'customer', :'paid'), 'CAPACITY_FULL', 'a slot whose time is over is taken again, though nobody settled it');
UPDATE core.mitras SET max_sessions = 2 WHERE id = :'mitra';
SELECT pg_temp.equal(api.request_extension(:'session', :'customer', 10, 10000, :'paid') ->> 'status', 'pending', 'and is not counted twice');
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
