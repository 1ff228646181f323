-- First accept wins. Judged in this order: own accepted, the offer's final status, its deadline, inactive, offline, capacity.
\ir tap.psql
SELECT pg_temp.plan(40);

SELECT pg_temp.a_mitra() AS winner, pg_temp.a_mitra() AS loser, pg_temp.a_mitra() AS decliner, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_search(:'customer') AS session \gset
SELECT count(*) AS offers FROM api.blast(:'session', ARRAY[:'winner', :'loser', :'decliner']::uuid[]) \gset
SELECT id AS offer FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'winner' \gset
SELECT id AS lost FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'loser' \gset
SELECT id AS declined FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'decliner' \gset
SELECT api.decline_offer(:'declined', :'decliner') \g /dev/null
SELECT pg_temp.seq('mitra', :'winner') AS winner_seq, pg_temp.seq('mitra', :'loser') AS loser_seq, pg_temp.seq('customer', :'customer') AS customer_seq,
    version AS version FROM api.mirror_state(ARRAY[:'winner'::uuid]) \gset

SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer', :'loser'), 'NOT_FOUND', 'another mitra''s offer is nobody''s business');
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', gen_random_uuid(), :'winner'), 'NOT_FOUND', 'an unknown offer is not accepted');

-- the winner
SELECT api.accept_offer(:'offer', :'winner') AS accepted \gset
SELECT pg_temp.ok(:'accepted'::jsonb ?& '{id,status,customer,mitra,duration_minutes,expires_at,seconds_left,closing_ends_at,end_reason,pending_extension,last_seq,watermarks,topic_sensitivity,server_time}',
    'accepting answers with the session and all its fields');
SELECT pg_temp.equal(:'accepted'::jsonb ->> 'status', 'active', 'the session is active');
SELECT pg_temp.equal(:'accepted'::jsonb -> 'mitra' ->> 'id', :'winner', 'with the winner');
SELECT pg_temp.equal(:'accepted'::jsonb -> 'customer' ->> 'id', :'customer', 'and its customer');
SELECT pg_temp.ok((:'accepted'::jsonb ->> 'seconds_left')::numeric BETWEEN 899 AND 900, 'the bought minutes are on its clock');
SELECT pg_temp.ok(expires_at = started_at + interval '15 minutes', 'which began now') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal((SELECT status FROM core.pairing_offers WHERE id = :'offer'), 'accepted', 'the winner''s offer is accepted');
SELECT pg_temp.equal((SELECT status FROM core.pairing_offers WHERE id = :'lost'), 'rescinded', 'another live offer is rescinded');
SELECT pg_temp.equal((SELECT status FROM core.pairing_offers WHERE id = :'declined'), 'declined', 'a declined one stays declined');
SELECT pg_temp.equal(status, 'consumed', 'the payment is kept') FROM core.payment_requests WHERE session_id = :'session';
SELECT pg_temp.equal(pg_temp.told('mitra', :'winner', :winner_seq), 'session_started', 'the winner is told');
SELECT pg_temp.equal(pg_temp.told('mitra', :'loser', :loser_seq), 'offer_rescinded', 'the loser is told');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :customer_seq), 'payment_updated session_started', 'the customer is told');
SELECT pg_temp.equal(frame ->> 'session_id', :'session', 'of which session') FROM api.events_after('mitra', :'winner', :winner_seq);
SELECT pg_temp.equal(capacity || ' ' || (version > :version)::text, '1 true', 'the slot is counted, and the mirror given a newer version') FROM api.mirror_state(ARRAY[:'winner'::uuid]);

SELECT pg_temp.equal(api.accept_offer(:'offer', :'winner') - 'seconds_left' - 'server_time', :'accepted'::jsonb - 'seconds_left' - 'server_time', 'the winner''s repeat gets the same answer');
SELECT pg_temp.equal(count(*), 1::bigint, 'and is not charged again') FROM core.customer_transactions WHERE session_id = :'session';
SELECT pg_temp.equal(pg_temp.seq('mitra', :'winner'), :winner_seq + 1, 'nor told again');

-- final statuses
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'lost', :'loser'), 'OFFER_TAKEN', 'a rescinded offer was taken by another');
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'declined', :'decliner'), 'OFFER_GONE', 'what one declined one does not accept');
SELECT pg_temp.a_search() AS cancelled \gset
SELECT pg_temp.an_offer(:'cancelled', :'loser') AS offer_cancelled \gset
SELECT api.cancel_session(id, customer_id) FROM core.chat_sessions WHERE id = :'cancelled' \g /dev/null
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer_cancelled', :'loser'), 'OFFER_GONE', 'a cancelled offer is gone');
SELECT pg_temp.a_search() AS timed \gset
SELECT pg_temp.an_offer(:'timed', :'loser') AS offer_timed \gset
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = :'offer_timed';
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer_timed', :'loser'), 'OFFER_EXPIRED', 'at its deadline an offer is over, though not yet swept');
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer_timed', :'loser'), 'OFFER_EXPIRED', 'and the same once it is');

-- inactive, offline, full: each shows only when nothing before it does
SELECT pg_temp.a_mitra(p_max_sessions => 1) AS mitra \gset
SELECT pg_temp.a_search() AS waiting \gset
SELECT pg_temp.an_offer(:'waiting', :'mitra') AS offer \gset
SELECT pg_temp.a_session(:'mitra') AS first \gset
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer', :'mitra'), 'CAPACITY_FULL', 'a full mitra accepts no more');
SELECT pg_temp.equal(status, 'offered', 'and the offer is as it was') FROM core.pairing_offers WHERE id = :'offer';
SELECT api.go_offline(:'mitra') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer', :'mitra'), 'NOT_ONLINE', 'offline comes before full');
SELECT api.deactivate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer', :'mitra'), 'MITRA_DEACTIVATED', 'inactive comes before offline');
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = :'offer';
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer', :'mitra'), 'OFFER_EXPIRED', 'the deadline comes before inactive');
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(status, 'cancelled', 'the withdrawal, due before its deadline was swept, comes first') FROM core.pairing_offers WHERE id = :'offer';
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer', :'mitra'), 'OFFER_GONE', 'the final status comes before the deadline');
SELECT id AS own FROM core.pairing_offers WHERE session_id = :'first' \gset
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = :'own';
SELECT pg_temp.equal(api.accept_offer(:'own', :'mitra') ->> 'id', :'first', 'own accepted comes before everything');

-- the maximum of that moment
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_search() AS waiting \gset
SELECT pg_temp.an_offer(:'waiting', :'mitra') AS offer \gset
SELECT pg_temp.a_session(:'mitra') \g /dev/null
SELECT pg_temp.set('mitra_max_sessions', '1');
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer', :'mitra'), 'CAPACITY_FULL', 'a maximum lowered since the offer counts');
SELECT pg_temp.set('mitra_max_sessions', '2');
SELECT pg_temp.equal(api.accept_offer(:'offer', :'mitra') ->> 'status', 'active', 'and one raised too');

-- what an accept needs of the mitra is its answer, not its heartbeat
SELECT pg_temp.a_mitra() AS quiet, pg_temp.a_search() AS waiting \gset
SELECT pg_temp.an_offer(:'waiting', :'quiet') AS offer \gset
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '1 day', missed_offers = 2 WHERE mitra_id = :'quiet';
SELECT pg_temp.equal(api.accept_offer(:'offer', :'quiet') ->> 'status', 'active', 'accepting is itself proof of life');
SELECT pg_temp.equal(missed_offers, 0, 'and ends a row of missed offers') FROM core.mitra_online_status WHERE mitra_id = :'quiet';

-- exactly one winner, held by the schema too
SELECT pg_temp.fails(format('UPDATE core.pairing_offers SET status = ''accepted'' WHERE id = %L', :'lost'), '23505', 'no way leads to two winners of one round');
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;
SELECT pg_temp.equal(string_agg(what, ', '), 'search began, payment asked for, payment confirmed, offered, offered, offered, offer declined, offer rescinded, offer accepted, clock started, transaction: session',
    'the timeline tells it') FROM (SELECT what FROM ops.session_timeline(:'session') ORDER BY array_position(
        ARRAY['search began', 'payment asked for', 'payment confirmed', 'offered', 'offer declined', 'offer rescinded', 'offer accepted', 'clock started', 'transaction: session'], what)) AS told;

SELECT pg_temp.finish();
ROLLBACK;
