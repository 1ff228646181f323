-- What operators look at: the timeline of a session with all its turns, the refund queue, flagged webhooks, the notification queue.
\ir tap.psql
SELECT pg_temp.plan(22);

CREATE FUNCTION pg_temp.steps(p_session_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(what, ', ' ORDER BY place) FROM ops.session_timeline(p_session_id) WITH ORDINALITY AS step (at, what, who, details, place)
$$;
CREATE FUNCTION pg_temp.an_extension(p_session_id uuid, p_customer_id uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_payment_id uuid := api.create_payment_request(p_customer_id, pg_temp.a_package(10000, 10, NULL, true), true, p_session_id) ->> 'id';
BEGIN
    PERFORM api.confirm_payment(v_payment_id);
    RETURN api.request_extension(p_session_id, p_customer_id, 10, 10000, v_payment_id) ->> 'id';
END
$$;

-- a session with every turn: prolonged, taken from its mitra, given to another, refused an extension, ended, refunded
SELECT pg_temp.a_mitra() AS ani, pg_temp.a_mitra() AS budi, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'ani', :'customer') AS session \gset
SELECT api.respond_to_extension(pg_temp.an_extension(:'session', :'customer'), :'session', :'ani', true) \g /dev/null
SELECT api.reroute_session(:'session') \g /dev/null
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'budi'), :'budi') \g /dev/null
SELECT api.respond_to_extension(pg_temp.an_extension(:'session', :'customer'), :'session', :'budi', false) \g /dev/null
SELECT api.end_session(:'session', 'mitra', :'budi') \g /dev/null
SELECT api.request_refund(pg_temp.payment_of(:'session'), 5000, 'a promise') \g /dev/null
SELECT api.rate_session(:'session', :'customer', 4) \g /dev/null
SELECT pg_temp.equal(pg_temp.steps(:'session'), concat_ws(', ', 'payment asked for, payment confirmed, search began, offered, offer accepted, transaction: session, clock started',
        'payment asked for, payment confirmed, extension asked for, extension accepted, transaction: extension',
        'rerouted, offered, offer accepted',
        'payment asked for, payment confirmed, extension asked for, extension rejected, closing began, failure recorded, completed',
        'refund asked for, refund succeeded, transaction: refund, rated'), 'the timeline has every turn, in order');
SELECT pg_temp.equal(string_agg(who, ' ' ORDER BY place), concat_ws(' ', 'mitra:' || :'ani', 'mitra:' || :'ani', 'mitra:' || :'budi'), 'with the mitra of each')
FROM ops.session_timeline(:'session') WITH ORDINALITY AS step (at, what, who, details, place) WHERE what IN ('clock started', 'rerouted') OR (what = 'offer accepted' AND details ->> 'round' = '2');
SELECT pg_temp.equal(string_agg(DISTINCT who, ' '), 'mitra', 'who answered both times') FROM ops.session_timeline(:'session') WHERE what IN ('extension accepted', 'extension rejected');
SELECT pg_temp.equal(details - 'actor_id', jsonb_build_object('round', 1, 'cause', 'control_centre', 'remaining_seconds', (SELECT remaining_seconds FROM core.session_reroutes WHERE session_id = :'session')), 'a reroute with its cause and what was left')
FROM ops.session_timeline(:'session') WHERE what = 'rerouted';
SELECT pg_temp.equal(details ->> 'reason', 'a promise', 'a refund with its reason') FROM ops.session_timeline(:'session') WHERE what = 'refund asked for';
SELECT pg_temp.equal(count(*), 0::bigint, 'of an unknown session there is none') FROM ops.session_timeline(gen_random_uuid());

-- the refund queue
SELECT id AS refused FROM core.payment_requests WHERE session_id = :'session' AND status = 'failed' \gset
SELECT responded_at AS refused_at FROM core.session_extensions WHERE payment_request_id = :'refused' \gset
SELECT pg_temp.equal(concat_ws(' ', customer_id, due, refunded, why, refund_status), concat_ws(' ', :'customer', '10000 0 extension_rejected due'), 'an extension that was refused is owed') FROM ops.refund_due WHERE payment_request_id = :'refused';
SELECT pg_temp.equal(since, :'refused_at'::timestamptz, 'since it was refused') FROM ops.refund_due WHERE payment_request_id = :'refused';
SELECT pg_temp.equal(count(*), 0::bigint, 'what was paid back is not in the queue') FROM ops.refund_due WHERE payment_request_id = pg_temp.payment_of(:'session');
SELECT api.request_refund(pg_temp.payment_of(:'session'), 100, p_way => 'transfer') \g /dev/null
UPDATE core.chat_sessions SET ended_at = ended_at - interval '9 days' WHERE id = :'session';
SELECT pg_temp.equal(concat_ws(' ', due, days_owed, since = last_asked_at), '100 0 t', 'kept money is owed since it was asked back, not since its session ended') FROM ops.refund_due WHERE payment_request_id = pg_temp.payment_of(:'session');
UPDATE core.chat_sessions SET ended_at = ended_at + interval '9 days' WHERE id = :'session';
SELECT pg_temp.a_session(:'budi', pg_temp.a_customer()) AS silent \gset
UPDATE core.chat_sessions SET started_at = started_at - interval '120 seconds', expires_at = expires_at - interval '120 seconds' WHERE id = :'silent';
UPDATE core.reply_deadlines SET began_at = began_at - interval '120 seconds' WHERE session_id = :'silent';
SELECT api.end_session(id, 'customer', customer_id, true) FROM core.chat_sessions WHERE id = :'silent' \g /dev/null
UPDATE core.chat_sessions SET ended_at = ended_at - interval '5 days' WHERE id = :'silent';
SELECT api.request_refund(pg_temp.payment_of(:'silent'), p_way => 'transfer') \g /dev/null
SELECT pg_temp.equal(days_owed, 5, 'the money of a session without a first reply is owed since its end, asked back or not') FROM ops.refund_due WHERE session_id = :'silent';
SELECT pg_temp.set('pairing_before_payment', 'true');
SELECT pg_temp.a_payment(pg_temp.a_customer()) AS late \gset
SELECT pg_temp.set('pairing_before_payment', 'false');
UPDATE core.payment_requests SET expires_at = clock_timestamp() - interval '4 days' WHERE id = :'late';
SELECT api.run_due() \g /dev/null
SELECT pg_temp.settle() \g /dev/null
UPDATE core.chat_sessions SET ended_at = ended_at - interval '4 days' WHERE id = (SELECT session_id FROM core.payment_requests WHERE id = :'late');
SELECT api.confirm_payment(:'late') \g /dev/null
SELECT pg_temp.equal(concat_ws(' ', why, days_owed, since = confirmed_at), 'paid_late 0 t', 'money that came after its session failed is owed since it came')
FROM ops.refund_due JOIN core.payment_requests AS payment ON payment.id = payment_request_id WHERE payment.id = :'late';
SELECT pg_temp.a_search() AS lonely \gset
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = :'lonely';
SELECT pg_temp.settle() \g /dev/null
SELECT ended_at AS failed_at FROM core.chat_sessions WHERE id = :'lonely' \gset
SELECT pg_temp.equal(concat_ws(' ', why, due, since), concat_ws(' ', 'no_mitra_available', '15000', :'failed_at'::timestamptz), 'a search that found nobody is owed since it failed') FROM ops.refund_due WHERE session_id = :'lonely';
SELECT pg_temp.equal((array_agg(since ORDER BY place))[1], min(since), 'longest owed first') FROM (SELECT since, row_number() OVER () AS place FROM ops.refund_due) AS queue;
UPDATE core.payment_requests SET provider = 'xendit' WHERE session_id = :'lonely';
SELECT api.request_refund(pg_temp.payment_of(:'lonely')) -> 'refund' ->> 'id' AS refund \gset
SELECT pg_temp.equal(concat_ws(' ', refund_status, last_refund, refund_id), concat_ws(' ', 'requested requested', :'refund'), 'a refund under way stays in the queue') FROM ops.refund_due WHERE session_id = :'lonely';
SELECT api.record_refund(:'refund', 'failed', 'rfd-1', 'INSUFFICIENT_BALANCE') \g /dev/null
SELECT pg_temp.equal(concat_ws(' ', refund_status, last_refund, failure), 'due failed INSUFFICIENT_BALANCE', 'one that failed is due again, with why') FROM ops.refund_due WHERE session_id = :'lonely';
SELECT pg_temp.equal(string_agg(what, ', ' ORDER BY place), 'refund asked for, refund failed', 'the timeline knows it too')
FROM ops.session_timeline(:'lonely') WITH ORDINALITY AS step (at, what, who, details, place) WHERE what LIKE 'refund%';

-- flagged webhooks
CREATE FUNCTION pg_temp.hear(p_reference uuid, p_amount bigint) RETURNS jsonb LANGUAGE sql AS $$
    SELECT api.receive_webhook('xendit', gen_random_uuid()::text, jsonb_build_object('event', 'payment_session.completed',
        'data', jsonb_build_object('reference_id', p_reference, 'status', 'COMPLETED', 'amount', p_amount, 'currency', 'IDR')))
$$;
SELECT gen_random_uuid() AS nothing, (api.create_payment_request(pg_temp.a_customer(), pg_temp.a_package(), p_anyone_available => true, p_provider => 'xendit') ->> 'id')::uuid AS payment \gset
SELECT pg_temp.hear(:'nothing', 15000) \g /dev/null
SELECT pg_temp.hear(:'payment', 1) \g /dev/null
SELECT pg_temp.equal(concat_ws(' ', outcome, payment_request_id), 'unknown_reference', 'a webhook about nothing of ours is flagged') FROM ops.flagged_webhooks WHERE reference = :'nothing';
SELECT pg_temp.equal(concat_ws(' ', outcome, payment_request_id, said_status, said_amount, said_currency, payment_status, payment_amount), 'mismatch ' || :'payment' || ' COMPLETED 1 IDR pending 15000',
    'so is one of another amount, with what it said and what is so') FROM ops.flagged_webhooks WHERE reference = :'payment';

-- the notification queue
SELECT pg_temp.ok(count(*) >= 1 AND bool_and(used_percent BETWEEN 0 AND 100), 'the notification queue says how full it is') FROM ops.notify_queue;
SELECT pg_temp.ok(has_table_privilege('halo_readonly', 'ops.notify_queue', 'SELECT') AND has_table_privilege('halo_readonly', 'ops.refund_due', 'SELECT'), 'the reader may look');
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
