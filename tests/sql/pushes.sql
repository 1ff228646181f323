-- Pushes: who gets one, in which words, until when; claimed by one, recorded by whoever claimed it last.
\ir tap.psql
SELECT pg_temp.plan(68);

-- A device of somebody who reads this language.
CREATE FUNCTION pg_temp.a_device(p_user_type text, p_user_id uuid, p_locale text DEFAULT 'id') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_token text := 'device:' || gen_random_uuid();
BEGIN
    PERFORM api.register_push_token(p_user_type, p_user_id, v_token);
    PERFORM api.update_profile(p_user_type, p_user_id, NULL, p_locale);
    RETURN v_token;
END
$$;
-- What became of the pushes to a device, in order.
CREATE FUNCTION pg_temp.pushed(p_token text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(type || ' ' || status, ', ' ORDER BY created_at, type) FROM core.pushes WHERE token = p_token
$$;
CREATE FUNCTION pg_temp.outcome(p_token text, p_claim integer, p_outcome text, p_more jsonb DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
    SELECT NULL::text FROM api.record_pushes((
        SELECT jsonb_agg(jsonb_build_object('push_id', id, 'claim', p_claim, 'outcome', p_outcome) || p_more) FROM core.pushes WHERE token = p_token)) AS told WHERE told.type IS NULL
$$;
CREATE FUNCTION pg_temp.again() RETURNS SETOF text LANGUAGE sql AS $$
    UPDATE core.pushes SET next_attempt_at = clock_timestamp() WHERE settled_at IS NULL;
    SELECT NULL::text WHERE false
$$;
-- Claims everything, and keeps what was claimed to look at.
CREATE TEMP TABLE claimed AS SELECT * FROM api.claim_pushes(0);
CREATE FUNCTION pg_temp.claim() RETURNS SETOF text LANGUAGE sql AS $$
    TRUNCATE claimed;
    INSERT INTO claimed SELECT * FROM api.claim_pushes(1000);
    SELECT NULL::text WHERE false
$$;

-- devices
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.refused(format('SELECT api.register_push_token(%L, %L, %L)', 'mitra', :'mitra', ''), 'VALIDATION_ERROR', 'a token is no empty text', 'token');
SELECT pg_temp.refused(format('SELECT api.register_push_token(%L, %L, %L)', 'mitra', :'mitra', E'a\nb'), 'VALIDATION_ERROR', 'nor has it control characters', 'token');
SELECT pg_temp.refused(format('SELECT api.register_push_token(%L, %L, %L)', 'mitra', :'mitra', repeat('x', 4097)), 'VALIDATION_ERROR', 'nor is it endless', 'token');
SELECT pg_temp.refused(format('SELECT api.register_push_token(%L, %L, %L)', 'mitra', :'customer', 'a'), 'NOT_FOUND', 'there must be such a mitra');
SELECT pg_temp.refused(format('SELECT api.register_push_token(%L, %L, %L)', 'cc', :'customer', 'a'), 'NOT_FOUND', 'operators have no devices');
SELECT api.deactivate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.register_push_token(%L, %L, %L)', 'mitra', :'mitra', 'a'), 'MITRA_DEACTIVATED', 'a deactivated mitra registers none');
SELECT pg_temp.refused(format('SELECT api.update_profile(%L, %L, %L)', 'mitra', :'mitra', 'a'), 'MITRA_DEACTIVATED', 'nor changes her name');
SELECT api.activate_mitra(:'mitra'), api.go_online(:'mitra') \g /dev/null
SELECT api.register_push_token('customer', :'customer', 'shared'), api.register_push_token('mitra', :'mitra', 'shared') \g /dev/null
SELECT pg_temp.equal(user_type || ':' || user_id, 'mitra:' || :'mitra', 'a device belongs to whoever registered it last') FROM core.push_tokens WHERE token = 'shared';
SELECT api.forget_push_token('customer', :'customer', 'shared') \g /dev/null
SELECT pg_temp.ok(EXISTS (SELECT FROM core.push_tokens WHERE token = 'shared'), 'nobody forgets another''s device');
SELECT api.forget_push_token('mitra', :'mitra', 'shared') \g /dev/null
SELECT pg_temp.ok(NOT EXISTS (SELECT FROM core.push_tokens WHERE token = 'shared'), 'but everybody his own');
SELECT api.register_push_token('customer', :'customer', 'device-' || n) FROM generate_series(1, 12) AS n \g /dev/null
SELECT pg_temp.equal(string_agg(token, ', ' ORDER BY updated_at), 'device-3, device-4, device-5, device-6, device-7, device-8, device-9, device-10, device-11, device-12', 'ten devices at most, the last ones') FROM core.push_tokens WHERE user_id = :'customer';

-- what is pushed, and to whom
SELECT pg_temp.a_customer() AS customer, pg_temp.a_mitra() AS other \gset
SELECT pg_temp.a_device('mitra', :'mitra') AS of_mitra, pg_temp.a_device('customer', :'customer', 'en') AS of_customer \gset
SELECT pg_temp.a_search(:'customer') AS session \gset
SELECT string_agg(offer_id::text, ' ' ORDER BY mitra_id = :'mitra' DESC) AS offers FROM api.blast(:'session', ARRAY[:'mitra', :'other']::uuid[]) \gset
SELECT split_part(:'offers', ' ', 1) AS offer, split_part(:'offers', ' ', 2) AS offer_of_other \gset
SELECT pg_temp.equal(pg_temp.pushed(:'of_mitra'), 'pairing_offer queued', 'an offer is queued for the device of its mitra');
SELECT pg_temp.equal(count(*), 0::bigint, 'and for nobody who has none') FROM core.pushes WHERE recipient = 'mitra:' || :'other';
SELECT pg_temp.equal(expires_at, (SELECT expires_at FROM core.pairing_offers WHERE id = :'offer'), 'it lives as long as the offer') FROM core.pushes WHERE token = :'of_mitra';
SELECT pg_temp.equal(payload, (SELECT frame FROM api.events_after('mitra', :'mitra', 0) WHERE frame ->> 'type' = 'pairing_offer'), 'it is the frame') FROM core.pushes WHERE token = :'of_mitra';
SELECT pg_temp.equal(pg_temp.pushed(:'of_customer'), NULL, 'payment_updated is not for pushes');

-- a claim
SELECT pg_temp.claim();
SELECT pg_temp.equal(count(*), 1::bigint, 'what is due is claimed') FROM claimed;
SELECT pg_temp.equal(concat_ws(' | ', user_type, user_id, token, type, claim, is_urgent), concat_ws(' | ', 'mitra', :'mitra', :'of_mitra', 'pairing_offer', 1, true), 'with whom it is for') FROM claimed;
SELECT pg_temp.equal(concat_ws(' | ', title, body, action), 'Permintaan Sesi | Ada yang ingin mengobrol 15 menit | open_offer', 'what it says') FROM claimed;
SELECT pg_temp.equal(collapse_key, 'offer:' || :'offer', 'what it replaces') FROM claimed;
SELECT pg_temp.ok(ttl_seconds BETWEEN 25 AND 30, 'and how long it may live') FROM claimed;
SELECT pg_temp.ok(data = (SELECT jsonb_object_agg(key, value) FROM jsonb_each_text(payload)) || '{"action": "open_offer"}', 'its data are texts') FROM claimed JOIN core.pushes ON id = push_id;
SELECT pg_temp.equal(count(*), 0::bigint, 'nobody claims it again') FROM api.claim_pushes();
SELECT pg_temp.equal(status, 'sending', 'it is being sent') FROM core.pushes WHERE token = :'of_mitra';

-- what becomes of it
SELECT pg_temp.refused('SELECT api.record_pushes(''{}'')', 'VALIDATION_ERROR', 'outcomes are a list', 'outcomes');
SELECT pg_temp.outcome(:'of_mitra', 0, 'sent');
SELECT pg_temp.equal(status, 'sending', 'an older claim records nothing') FROM core.pushes WHERE token = :'of_mitra';
SELECT pg_temp.outcome(:'of_mitra', 1, 'unknown');
SELECT pg_temp.equal(concat_ws(' ', status, attempts), 'queued 0', 'without an answer of the leases nothing was tried') FROM core.pushes WHERE token = :'of_mitra';
SELECT pg_temp.ok(next_attempt_at BETWEEN clock_timestamp() AND clock_timestamp() + interval '1 second', 'they are asked again in a second') FROM core.pushes WHERE token = :'of_mitra';
SELECT pg_temp.again(), pg_temp.claim();
SELECT pg_temp.outcome(:'of_mitra', 2, 'failed', '{"error": "UNAVAILABLE"}');
SELECT pg_temp.equal(concat_ws(' ', status, attempts, last_error), 'queued 1 UNAVAILABLE', 'what failed is tried again') FROM core.pushes WHERE token = :'of_mitra';
SELECT pg_temp.ok(next_attempt_at < clock_timestamp() + interval '1.3 seconds', 'after a second or so') FROM core.pushes WHERE token = :'of_mitra';
SELECT pg_temp.again(), pg_temp.claim();
SELECT pg_temp.outcome(:'of_mitra', 3, 'failed', '{"retry_after": 7}');
SELECT pg_temp.ok(next_attempt_at BETWEEN clock_timestamp() + interval '6 seconds' AND clock_timestamp() + interval '7 seconds', 'or after the pause that FCM asked for') FROM core.pushes WHERE token = :'of_mitra';
SELECT pg_temp.equal(status, 'queued', 'it is in the queue people see') FROM ops.pushes WHERE recipient = 'mitra:' || :'mitra';
SELECT pg_temp.again(), pg_temp.claim();
SELECT pg_temp.outcome(:'of_mitra', 4, 'failed', '{"retry_after": 60}');
SELECT pg_temp.equal(concat_ws(' ', status, attempts, last_error), 'given_up 3 UNAVAILABLE', 'one beyond its time is given up, with why') FROM core.pushes WHERE token = :'of_mitra';
SELECT pg_temp.equal(concat_ws(' ', pushes, last_error), '1 UNAVAILABLE', 'people see that, too') FROM ops.push_outcomes WHERE type = 'pairing_offer' AND status = 'given_up';
SELECT pg_temp.equal(count(*), 0::bigint, 'and it is out of the queue') FROM ops.pushes WHERE recipient = 'mitra:' || :'mitra';

-- both languages, and a device that is gone
SELECT api.update_profile('customer', :'customer', 'Dewi') \g /dev/null
SELECT api.accept_offer(:'offer', :'mitra') \g /dev/null
SELECT pg_temp.claim();
SELECT pg_temp.equal(string_agg(title || ': ' || body || ' ' || is_urgent, ', ' ORDER BY user_type), 'Session Started: Your session with Mitra of a test has started false, Sesi Dimulai: Sesi dengan Dewi sudah dimulai false', 'each reads it in his own language') FROM claimed;
SELECT pg_temp.ok(data ->> 'customer' = format('{"id": "%s", "display_name": "Dewi"}', :'customer') AND NOT data ? 'mitra_id' AND NOT data ? 'end_reason', 'objects are JSON, nulls left out') FROM claimed WHERE user_type = 'mitra';
SELECT pg_temp.equal(expires_at, (SELECT expires_at FROM core.chat_sessions WHERE id = :'session'), 'it lives as long as the session') FROM claimed WHERE user_type = 'mitra';
SELECT pg_temp.outcome(:'of_customer', 1, 'unregistered');
SELECT pg_temp.ok(NOT EXISTS (SELECT FROM core.push_tokens WHERE token = :'of_customer') AND EXISTS (SELECT FROM core.push_tokens WHERE token = :'of_mitra'), 'a device that FCM does not know is forgotten');
UPDATE core.pushes SET status = 'sent', settled_at = clock_timestamp() WHERE settled_at IS NULL;

-- a warning is true only of the end it was given for
UPDATE core.session_warnings SET due_at = clock_timestamp() WHERE session_id = :'session' AND seconds = 180;
UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '170 seconds' WHERE id = :'session';
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.claim();
SELECT pg_temp.equal(title || ': ' || body || ' ' || (ttl_seconds BETWEEN 160 AND 170), 'Sesi Hampir Selesai: Sisa 3 menit dengan Dewi true', 'a warning says how much is left') FROM claimed;
SELECT pg_temp.outcome(:'of_mitra', 1, 'unknown');
UPDATE core.chat_sessions SET expires_at = expires_at + interval '10 minutes' WHERE id = :'session';
SELECT pg_temp.again(), pg_temp.claim();
SELECT pg_temp.equal(pg_temp.pushed(:'of_mitra'), 'pairing_offer given_up, session_started sent, session_warning cancelled', 'after an extension nobody is warned of the former end');

-- what is gone is not pushed
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_device('mitra', :'mitra', 'en') AS of_mitra \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
UPDATE core.pushes SET status = 'sent', settled_at = clock_timestamp() WHERE settled_at IS NULL;
SELECT api.create_payment_request(:'customer', pg_temp.a_package(5000, 10, NULL, true), true, :'session') ->> 'id' AS payment \gset
SELECT api.confirm_payment(:'payment') \g /dev/null
SELECT api.request_extension(:'session', :'customer', 10, 5000, :'payment') ->> 'id' AS extension \gset
SELECT pg_temp.equal(expires_at, (SELECT expires_at FROM core.session_extensions WHERE id = :'extension'), 'an extension''s push lives until its deadline') FROM core.pushes WHERE token = :'of_mitra' AND settled_at IS NULL;
SELECT pg_temp.claim();
SELECT pg_temp.equal(title || ': ' || body || ' ' || is_urgent, 'Extension Request: Customer would like to go on for +10 min true', 'somebody without a name is a customer') FROM claimed;
SELECT pg_temp.outcome(:'of_mitra', 1, 'failed');
SELECT api.respond_to_extension(:'extension', :'session', :'mitra', true) \g /dev/null
SELECT pg_temp.again(), pg_temp.claim();
SELECT pg_temp.ok(pg_temp.pushed(:'of_mitra') LIKE '%extension_request cancelled', 'an answered extension is not pushed again');
SELECT api.end_session(:'session', 'customer', :'customer') \g /dev/null
SELECT pg_temp.claim();
SELECT pg_temp.equal(title || ': ' || body || ' ' || (ttl_seconds > 3500), 'Session Ended: Your session has ended true', 'that a session ended stays true for an hour') FROM claimed;
SELECT pg_temp.outcome(:'of_mitra', 1, 'unknown');
SELECT api.forget_push_token('mitra', :'mitra', :'of_mitra') \g /dev/null
SELECT pg_temp.again(), pg_temp.claim();
SELECT pg_temp.equal(count(*), 0::bigint, 'nothing is pushed to a device that was forgotten') FROM claimed;
SELECT pg_temp.ok(pg_temp.pushed(:'of_mitra') LIKE '%session_ended cancelled', 'what was queued for it is cancelled');

-- a search that fails
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_device('customer', :'customer') AS of_customer, pg_temp.a_search(:'customer') AS session \gset
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.claim();
SELECT pg_temp.equal(title || ': ' || body, 'Belum Ada Mitra: Belum ada mitra yang bisa menerima sesi Anda', 'a customer is told that nobody was found') FROM claimed WHERE user_id = :'customer';

-- messages
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.a_device('mitra', :'mitra') AS of_mitra \gset
SELECT message FROM generate_series(1, 3) AS n, api.send_message(:'session', 'customer', :'customer', n::text, 'Hello ' || n) \g /dev/null
SELECT pg_temp.refused(format('SELECT api.queue_message_push(%L, 4)', :'session'), 'NOT_FOUND', 'the message must exist');
SELECT pg_temp.equal(api.queue_message_push(:'session', 1), 1, 'a message is queued for the other party''s devices');
SELECT api.queue_message_push(:'session', 2) \g /dev/null
SELECT pg_temp.equal(string_agg(concat_ws(' ', payload ->> 'seq', status), ', ' ORDER BY payload ->> 'seq'), '1 cancelled, 2 queued', 'a newer one takes the place of one still queued') FROM core.pushes WHERE token = :'of_mitra';
SELECT pg_temp.claim();
SELECT pg_temp.equal(concat_ws(' | ', title, body, data ->> 'body', data ->> 'type', collapse_key), 'Pesan Baru | Ada pesan dari Pelanggan | Hello 2 | message | message:' || :'session', 'what was said is in the data, not on the screen') FROM claimed;
SELECT pg_temp.outcome(:'of_mitra', 1, 'unknown');
SELECT read_seq FROM api.read_messages(:'session', 'mitra', :'mitra', 2) \g /dev/null
SELECT pg_temp.again(), pg_temp.claim();
SELECT pg_temp.equal(count(*), 0::bigint, 'what was read is not pushed') FROM claimed WHERE user_id = :'mitra';
SELECT message FROM api.send_message(:'session', 'mitra', :'mitra', '4', 'Hello 4') \g /dev/null
SELECT pg_temp.equal(api.queue_message_push(:'session', 4), 0, 'who has no device gets none');

-- templates
SELECT pg_temp.equal(count(*), 18::bigint, 'every push has its text in both languages') FROM ops.message_templates;
SELECT pg_temp.refused('SELECT api.update_text(''message'', ''fr'', ''a'', ''b'')', 'NOT_FOUND', 'in these two');
SELECT pg_temp.refused('SELECT api.update_text(''message'', ''id'', ''a {phone}'', ''b'')', 'VALIDATION_ERROR', 'with known placeholders', 'title');
SELECT pg_temp.equal(api.update_text('message', 'id', 'Dari {peer}', '{customer}') ->> 'title', 'Dari {peer}', 'it can be changed');
SELECT core.after_migrate() \g /dev/null
SELECT pg_temp.equal(title, 'Dari {peer}', 'and a migrate leaves it so') FROM ops.message_templates WHERE name = 'message' AND locale = 'id';
SELECT pg_temp.equal(before ->> 'title' || ' -> ' || (after ->> 'title'), 'Pesan Baru -> Dari {peer}', 'the audit log keeps both') FROM core.audit_log WHERE action = 'text.update';

-- the queue is emptied of what is long over
UPDATE core.pushes SET settled_at = settled_at - interval '8 days';
SELECT api.prune(part, 10000) FROM api.prune_parts() AS part \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'what was settled a week ago is deleted') FROM core.pushes WHERE settled_at IS NOT NULL;

-- a phone whose socket can't be leased: its instance hands it the events, if the socket lives
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_device('mitra', :'mitra') AS device \gset
SELECT api.note_connected(ARRAY['mitra:' || :'mitra']) \g /dev/null
SELECT pg_temp.an_offer(pg_temp.a_search(:'customer'), :'mitra') AS offer \gset
SELECT pg_temp.again(), pg_temp.claim() \g /dev/null
SELECT pg_temp.equal(pg_temp.pushed(:'device'), 'pairing_offer sending', 'gets the push of an offer all the same');
SELECT api.accept_offer(:'offer', :'mitra') ->> 'id' AS session \gset
SELECT message FROM api.send_message(:'session', 'customer', :'customer', '1', 'Hello') \g /dev/null
SELECT api.queue_message_push(:'session', 1) \g /dev/null
SELECT pg_temp.again(), pg_temp.claim() \g /dev/null
SELECT pg_temp.equal(string_agg(type || ' ' || status, ', ' ORDER BY type), 'message connected, session_started connected', 'and no other') FROM core.pushes WHERE token = :'device' AND type <> 'pairing_offer';

-- and when that socket was dead
SELECT pg_temp.equal(api.push_again('mitra', :'mitra', 60, ARRAY[:'session']::uuid[], '{1}'), 2, 'what was left out for a dead socket is queued');
SELECT pg_temp.equal(string_agg(status, ', ' ORDER BY status), 'connected, queued', 'the message too') FROM core.pushes WHERE token = :'device' AND type = 'message';
SELECT pg_temp.equal(api.queue_message_push(:'session', 1), 0, 'once');

-- of a rerouted session: what the other party wrote, not what the former mitra wrote
SELECT message FROM api.send_message(:'session', 'mitra', :'mitra', '1', 'Hello from A') \g /dev/null
SELECT api.reroute_session(:'session'), pg_temp.a_mitra() AS next \gset
SELECT pg_temp.a_device('mitra', :'next') AS device_of_next, pg_temp.a_device('customer', :'customer') AS device_of_customer \gset
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'next'), :'next') \g /dev/null
SELECT pg_temp.equal(api.push_again('mitra', :'next', 60, ARRAY[:'session']::uuid[], '{2}'), 1, 'the next mitra''s dead socket');
SELECT pg_temp.equal(string_agg(token || ' ' || (payload ->> 'seq'), ', '), :'device_of_next' || ' 1', 'has the customer''s message pushed to the next mitra') FROM core.pushes WHERE type = 'message' AND token IN (:'device_of_next', :'device_of_customer');

SELECT pg_temp.finish();
ROLLBACK;
