-- A mitra who never writes: reminded, then overdue; the customer goes to another mitra or gets the money back.
\ir tap.psql
SELECT pg_temp.plan(58);

-- A running session that started so many seconds ago, of its 900.
CREATE FUNCTION pg_temp.a_session_since(p_mitra_id uuid, p_customer_id uuid, p_seconds integer) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := pg_temp.a_session(p_mitra_id, p_customer_id);
BEGIN
    PERFORM pg_temp.later(v_id, p_seconds);
    RETURN v_id;
END
$$;
-- Time passes for one session.
CREATE FUNCTION pg_temp.later(p_session_id uuid, p_seconds integer) RETURNS void LANGUAGE sql AS $$
    UPDATE core.chat_sessions SET expires_at = expires_at - make_interval(secs => p_seconds), started_at = started_at - make_interval(secs => p_seconds),
        paused_at = paused_at - make_interval(secs => p_seconds) WHERE id = p_session_id;
    UPDATE core.session_warnings SET due_at = due_at - make_interval(secs => p_seconds) WHERE session_id = p_session_id;
    UPDATE core.reply_deadlines SET began_at = began_at - make_interval(secs => p_seconds), due_at = due_at - make_interval(secs => p_seconds),
        stopped_at = stopped_at - make_interval(secs => p_seconds) WHERE session_id = p_session_id;
$$;
CREATE FUNCTION pg_temp.money(p_session_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', status, refund_status, refund_due_amount), ', ' ORDER BY consumed_at, created_at) FROM core.payment_requests WHERE session_id = p_session_id
$$;
SELECT pg_temp.set('session_warning_seconds', '[]');

-- reminded, then overdue
SELECT pg_temp.a_mitra(true, 9) AS mitra, pg_temp.a_mitra() AS other, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.equal(round(extract(epoch FROM due_at - began_at)), 60::numeric, 'it is due at half of its time') FROM core.reply_deadlines WHERE session_id = :'session';
SELECT pg_temp.equal(pg_temp.settle(), '{}', 'and not before');
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''customer'', %L, true)', :'session', :'customer'), 'INVALID_STATE', 'the mitra still has time');
SELECT pg_temp.refused(format('SELECT api.ask_for_another_mitra(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'also against a reroute');
SELECT pg_temp.seq('customer', :'customer') AS seq, pg_temp.seq('mitra', :'mitra') AS mitra_seq \gset
SELECT pg_temp.later(:'session', 60);
SELECT pg_temp.equal(pg_temp.settle(), '{"first_reply": 1}', 'at half of it');
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :mitra_seq) || '; ' || pg_temp.told('customer', :'customer', :seq), 'first_reply_reminder; ', 'the mitra is reminded, and the customer told nothing');
SELECT pg_temp.equal(api.session_info(:'session', 'customer', :'customer') -> 'no_reply_options', 'null'::jsonb, 'there is nothing to choose yet');
SELECT pg_temp.later(:'session', 60);
SELECT pg_temp.equal(pg_temp.settle(), '{"first_reply": 1}', 'at its end');
SELECT pg_temp.equal(frame ->> 'type' || ' ' || (frame ->> 'options'), 'first_reply_overdue ["reroute", "end"]', 'the customer hears what can be done') FROM api.events_after('customer', :'customer', :seq);
SELECT pg_temp.equal(api.session_info(:'session', 'customer', :'customer') -> 'no_reply_options', '["reroute", "end"]'::jsonb, 'and sees it after a reconnect');
SELECT pg_temp.equal(api.session_info(:'session', 'mitra', :'mitra') -> 'no_reply_options', 'null'::jsonb, 'the mitra does not');
SELECT pg_temp.equal(action, 'no_first_reply', 'the mitra''s ledger has it') FROM core.mitra_status_log WHERE mitra_id = :'mitra' ORDER BY at DESC LIMIT 1;
SELECT pg_temp.equal(item ->> 'what', 'no_first_reply', 'as its timeline shows') FROM jsonb_array_elements(api.mitra_timeline(:'mitra') -> 'items') AS item WHERE item ->> 'what' NOT IN ('session', 'online') LIMIT 1;
SELECT pg_temp.equal(cause_tag || ' ' || mitra_id, 'first_reply_overdue ' || :'mitra', 'and so have the failed pairings') FROM core.pairing_failures WHERE session_id = :'session';
SELECT pg_temp.equal(pg_temp.settle(), '{}', 'it is said once');

-- the money back
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''mitra'', %L, true)', :'session', :'mitra'), 'FORBIDDEN', 'only the customer ends it so');
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''cc'', NULL, true)', :'session'), 'FORBIDDEN', 'not the control centre');
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''customer'', %L, true)', :'session', pg_temp.a_customer()), 'NOT_FOUND', 'nor a stranger');
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT api.end_session(:'session', 'customer', :'customer', true) AS ended \gset
SELECT pg_temp.equal(concat_ws(' ', :'ended'::jsonb ->> 'status', :'ended'::jsonb ->> 'end_reason', :'ended'::jsonb ->> 'unused_seconds'), 'completed no_first_reply 900', 'the session ends, and nothing was used');
SELECT pg_temp.equal(pg_temp.money(:'session'), 'consumed due 15000', 'all of it is owed');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'payment_updated session_ended', 'the customer is told of both');
SELECT pg_temp.equal(api.end_session(:'session', 'customer', :'customer', true) - 'server_time', :'ended'::jsonb - 'server_time', 'a repeat changes nothing');
SELECT pg_temp.equal(unaccounted, 0::numeric, 'every rupiah is accounted for') FROM ops.money_balance;

-- the first-session price is free again
SELECT pg_temp.a_package(10000, 15, 4000) AS package, pg_temp.a_customer() AS customer \gset
SELECT (api.create_payment_request(:'customer', :'package', p_anyone_available => true) ->> 'id')::uuid AS payment \gset
SELECT (api.confirm_payment(:'payment') ->> 'session_id')::uuid AS session \gset
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') \g /dev/null
SELECT pg_temp.later(:'session', 121);
SELECT api.end_session(:'session', 'customer', :'customer', true) \g /dev/null
SELECT pg_temp.equal(pg_temp.money(:'session'), 'consumed due 4000', 'also before run_due said so');
SELECT pg_temp.equal((api.create_payment_request(:'customer', :'package', p_anyone_available => true) ->> 'amount')::integer, 4000, 'it may be had again');

-- once the mitra has written
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session_since(:'mitra', :'customer', 119) AS session \gset
SELECT FROM api.send_message(:'session', 'customer', :'customer', 'c', 'Hello?');
SELECT FROM api.send_message(:'session', 'mitra', :'mitra', 'm', 'Hello');
SELECT pg_temp.later(:'session', 60);
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(pg_temp.settle(), '{"first_reply": 1}', 'it is looked for when it is due');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), '', 'and nobody is told');
SELECT pg_temp.equal(count(*), 0::bigint, 'nothing is awaited any more') FROM core.reply_deadlines WHERE session_id = :'session';
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''customer'', %L, true)', :'session', :'customer'), 'INVALID_STATE', 'there is a reply');
SELECT pg_temp.refused(format('SELECT api.ask_for_another_mitra(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'so there is no reroute');
SELECT pg_temp.equal(api.end_session(:'session', 'customer', :'customer') ->> 'end_reason', 'ended_by_customer', 'it ends as any other');

-- to another mitra, with all the time; who is silent as well, and then what a cancelled reroute owes
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session_since(:'mitra', :'customer', 200) AS session \gset
SELECT FROM api.send_message(:'session', 'customer', :'customer', 'c', 'Hello?');
SELECT pg_temp.equal(api.ask_for_another_mitra(:'session', :'customer') ->> 'status', 'searching', 'the customer goes to another mitra');
SELECT pg_temp.equal(remaining, '900 seconds'::interval, 'with all the time') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(cause, 'no_first_reply', 'for want of a reply') FROM core.session_reroutes WHERE session_id = :'session';
SELECT pg_temp.equal(details ->> 'seconds', '200', 'the customer''s transactions say so') FROM core.customer_transactions WHERE session_id = :'session' AND type = 'credit';
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'other'), :'other') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''customer'', %L, true)', :'session', :'customer'), 'INVALID_STATE', 'the next mitra has its own time');
SELECT FROM api.send_message(:'session', 'mitra', :'other', 'm', 'Hello');
SELECT pg_temp.later(:'session', 300);
SELECT api.reroute_session(:'session') \g /dev/null
SELECT pg_temp.a_mitra() AS third \gset
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'third'), :'third') \g /dev/null
SELECT pg_temp.later(:'session', 120);
SELECT pg_temp.equal(api.end_session(:'session', 'customer', :'customer', true) -> 'unused_seconds', '599'::jsonb, 'what the second mitra served is used');
SELECT pg_temp.equal(pg_temp.money(:'session'), 'consumed due 9983', 'and the rest is owed');

-- an extension stops the clock of the reply
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session_since(:'mitra', :'customer', 100) AS session \gset
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.a_pending_extension(:'session', :'customer') AS extension \gset
SELECT pg_temp.equal(due_at, NULL::timestamptz, 'nothing is due while the clock is paused') FROM core.reply_deadlines WHERE session_id = :'session';
SELECT pg_temp.later(:'session', 50);
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''customer'', %L, true)', :'session', :'customer'), 'INVALID_STATE', 'the pause does not count');
SELECT api.respond_to_extension(:'extension', :'session', :'mitra', true) \g /dev/null
SELECT pg_temp.ok(due_at BETWEEN clock_timestamp() + interval '18 seconds' AND clock_timestamp() + interval '21 seconds', 'then it goes on with what was left') FROM core.reply_deadlines WHERE session_id = :'session';
SELECT pg_temp.later(:'session', 21);
SELECT pg_temp.equal(api.end_session(:'session', 'customer', :'customer', true) ->> 'status', 'completed', 'and runs out');
SELECT pg_temp.equal(pg_temp.money(:'session'), 'consumed due 15000, consumed due 10000', 'the extension is owed back, too');

-- as do two extensions: one that is refused, and one that is asked for in the last words
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session_since(:'mitra', :'customer', 100) AS session \gset
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.a_pending_extension(:'session', :'customer') AS extension \gset
SELECT pg_temp.later(:'session', 50);
SELECT api.respond_to_extension(:'extension', :'session', :'mitra', false) \g /dev/null
SELECT pg_temp.later(:'session', 10);
SELECT pg_temp.a_pending_extension(:'session', :'customer') AS extension \gset
SELECT pg_temp.later(:'session', 30);
SELECT api.respond_to_extension(:'extension', :'session', :'mitra', true) \g /dev/null
SELECT pg_temp.ok(due_at BETWEEN clock_timestamp() + interval '18 seconds' AND clock_timestamp() + interval '21 seconds', 'no part of either pause counts') FROM core.reply_deadlines WHERE session_id = :'session';

-- nor does what passes between the end of a clock and the command that sees it
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
UPDATE core.chat_sessions SET expires_at = started_at + interval '110 seconds' WHERE id = :'session';
SELECT pg_temp.later(:'session', 140);
SELECT pg_temp.a_pending_extension(:'session', :'customer') AS extension \gset
SELECT pg_temp.later(:'session', 20);
SELECT api.respond_to_extension(:'extension', :'session', :'mitra', true) \g /dev/null
SELECT pg_temp.equal(round(extract(epoch FROM clock_timestamp() - began_at)), 110::numeric, 'of an extension after the end') FROM core.reply_deadlines WHERE session_id = :'session';
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
UPDATE core.chat_sessions SET expires_at = started_at + interval '110 seconds' WHERE id = :'session';
SELECT pg_temp.later(:'session', 140), pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(round(extract(epoch FROM stopped_at - began_at)), 110::numeric, 'or of last words that begin late') FROM core.reply_deadlines WHERE session_id = :'session';

-- a clock that has run out is over, settled or not
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session_since(:'mitra', :'customer', 905) AS session \gset
SELECT pg_temp.refused(format('SELECT api.ask_for_another_mitra(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'another mitra gets nothing of it back');
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.refused(format('SELECT api.ask_for_another_mitra(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'as after it is settled');

-- what a refused extension left of the clock is not owed when a later search comes to nothing
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session_since(:'mitra', :'customer', 130) AS session \gset
SELECT api.respond_to_extension(pg_temp.a_pending_extension(:'session', :'customer'), :'session', :'mitra', false) \g /dev/null
SELECT pg_temp.a_pending_extension(:'session', :'customer') AS extension \gset
SELECT api.ask_for_another_mitra(:'session', :'customer') \g /dev/null
SELECT api.cancel_session(:'session', :'customer') \g /dev/null
SELECT pg_temp.equal(pg_temp.money(:'session'), 'consumed due 2166, failed due 10000, failed due 10000', 'only what remained is: 130 of 900 seconds');

-- a clock that is as long as the time for a first reply
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
UPDATE core.chat_sessions SET expires_at = started_at + interval '120 seconds' WHERE id = :'session';
SELECT pg_temp.later(:'session', 60), pg_temp.settle(), pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.later(:'session', 60);
SELECT pg_temp.equal(pg_temp.settle(), '{"expiry": 1, "first_reply": 1}', 'both are over at once');
SELECT pg_temp.equal(payload -> 'options', '["end"]'::jsonb, 'the customer can end it') FROM core.events
WHERE recipient = 'customer:' || :'customer' AND seq > :seq AND type = 'first_reply_overdue';
SELECT pg_temp.equal(api.session_info(:'session', 'customer', :'customer') -> 'no_reply_options', '["end"]'::jsonb, 'as is seen after a reconnect');
SELECT pg_temp.equal(api.end_session(:'session', 'customer', :'customer', true) ->> 'end_reason', 'no_first_reply', 'and does');
SELECT pg_temp.a_session(:'mitra', pg_temp.a_customer()) AS session \gset
UPDATE core.chat_sessions SET expires_at = started_at + interval '119 seconds' WHERE id = :'session';
SELECT pg_temp.later(:'session', 119), pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(due_at, NULL, 'a shorter one stops before') FROM core.reply_deadlines WHERE session_id = :'session';

-- in the last words; and switched off
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session_since(:'mitra', :'customer', 900) AS session \gset
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(status, 'closing', 'a clock may run out in silence') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(api.end_session(:'session', 'customer', :'customer', true) ->> 'unused_seconds', '900', 'the money comes back all the same');
SELECT pg_temp.set('first_reply_seconds', '0');
SELECT pg_temp.a_session(:'mitra') AS session \gset
SELECT pg_temp.equal(count(*), 0::bigint, '0 awaits nothing') FROM core.reply_deadlines WHERE session_id = :'session';
SELECT pg_temp.equal(count(*), 0::bigint, 'every rule holds') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
