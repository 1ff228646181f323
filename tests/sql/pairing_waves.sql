-- A waiting session is offered in waves until somebody accepts, or the pairing deadline.
\ir tap.psql
SELECT pg_temp.plan(47);

SELECT pg_temp.set('blast_size', '2');
SELECT pg_temp.a_search() AS session \gset
SELECT pg_temp.a_mitra() AS ani, pg_temp.a_mitra() AS budi, pg_temp.a_mitra() AS citra, pg_temp.a_mitra(false) AS offline,
    pg_temp.a_mitra() AS inactive, pg_temp.a_mitra(p_max_sessions => 1) AS full \gset
SELECT api.deactivate_mitra(:'inactive') \g /dev/null
SELECT pg_temp.a_session(:'full') \g /dev/null

-- unoffered_sessions
SELECT pg_temp.equal(barred, '{}'::uuid[], 'a new search waits for a wave, and nobody is barred') FROM api.unoffered_sessions() WHERE session_id = :'session';

-- the first wave
SELECT pg_temp.equal(array_agg(mitra_id ORDER BY mitra_id), (SELECT array_agg(id ORDER BY id) FROM unnest(ARRAY[:'citra', :'ani']::uuid[]) AS id),
    'a wave has at most blast_size offers, in the order given, without whom cannot take it')
FROM api.blast(:'session', ARRAY[:'offline', :'inactive', :'full', :'citra', :'ani', :'budi', gen_random_uuid()::text]::uuid[]);
SELECT pg_temp.equal(status, 'pending_acceptance', 'offers are out') FROM core.chat_sessions WHERE id = :'session';
SELECT id AS of_citra FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'citra' \gset
SELECT id AS of_ani FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'ani' \gset
SELECT pg_temp.ok(bool_and(expires_at - offered_at BETWEEN interval '29 seconds' AND interval '30 seconds'), 'an offer lasts offer_timeout_seconds') FROM core.pairing_offers WHERE session_id = :'session';
SELECT pg_temp.equal(frame ->> 'type' || ' ' || (frame ->> 'offer_id') || ' ' || (frame ->> 'duration_minutes') || ' ' || (frame ->> 'topic_sensitivity'),
    concat_ws(' ', 'pairing_offer', :'of_ani', '15', 'normal'), 'the mitra is told of its offer') FROM api.events_after('mitra', :'ani', 1);
SELECT pg_temp.ok(frame ?& '{session_id,status,expires_at,id,seq,ts}', 'with all its fields') FROM api.events_after('mitra', :'ani', 1);
SELECT pg_temp.equal(items -> 0 ->> 'id', :'of_ani', 'a reconnecting mitra finds it') FROM (SELECT api.mitra_offers(:'ani') -> 'items' AS items) AS offers;
SELECT pg_temp.equal(jsonb_array_length(api.mitra_offers(:'offline') -> 'items'), 0, 'whom it was not offered to finds nothing');
SELECT pg_temp.equal(count(*), 0::bigint, 'a session with live offers is not blasted again') FROM api.blast(:'session', ARRAY[:'budi']::uuid[]);
SELECT pg_temp.equal(count(*), 0::bigint, 'nor does it wait') FROM api.unoffered_sessions() WHERE session_id = :'session';

-- answers end the wave
SELECT api.decline_offer(:'of_citra', :'citra') \g /dev/null
SELECT pg_temp.equal(status, 'pending_acceptance', 'while one offer is open the wave goes on') FROM core.chat_sessions WHERE id = :'session';
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = :'of_ani';
SELECT pg_temp.equal(jsonb_array_length(api.mitra_offers(:'ani') -> 'items'), 0, 'an offer past its time is not live, though not yet swept');
SELECT pg_temp.equal(pg_temp.settle(), '{"offer": 1, "silence": 1}', 'run_due expires silent offers');
SELECT pg_temp.equal(status, 'expired', 'expired is its own status') FROM core.pairing_offers WHERE id = :'of_ani';
SELECT pg_temp.equal(pg_temp.told('mitra', :'ani', 2), 'offer_expired', 'the mitra is told');
SELECT pg_temp.equal(status, 'searching', 'with all offers answered the wave is over') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal((SELECT array_agg(id ORDER BY id) FROM unnest(barred) AS id), (SELECT array_agg(id ORDER BY id) FROM unnest(ARRAY[:'ani', :'citra']::uuid[]) AS id),
    'whom it was offered to is barred from the next wave') FROM api.unoffered_sessions() WHERE session_id = :'session';

-- the next wave
SELECT pg_temp.equal(array_agg(mitra_id), ARRAY[:'budi']::uuid[], 'is among mitras not yet offered to in this round') FROM api.blast(:'session', ARRAY[:'ani', :'citra', :'budi']::uuid[]);
SELECT pg_temp.equal(wave, 2, 'and is counted') FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'budi';
SELECT api.decline_offer(id, :'budi') FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'budi' \g /dev/null
SELECT pg_temp.equal(status, 'searching', 'the last decline ends the wave at once') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(count(*), 0::bigint, 'with nobody left no wave is made') FROM api.blast(:'session', ARRAY[:'ani', :'citra', :'budi']::uuid[]);
SELECT pg_temp.equal(status, 'searching', 'and the session goes on waiting') FROM core.chat_sessions WHERE id = :'session';

-- the pairing deadline
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.equal(count(*), 0::bigint, 'at its deadline a session waits no more') FROM api.unoffered_sessions() WHERE session_id = :'session';
SELECT pg_temp.equal(count(*), 0::bigint, 'nor is it offered') FROM api.blast(:'session', ARRAY[pg_temp.a_mitra()]);
SELECT customer_id AS customer FROM core.chat_sessions WHERE id = :'session' \gset
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(pg_temp.settle(), '{"pairing": 1}', 'run_due fails the round');
SELECT pg_temp.equal(status || ' ' || end_reason, 'failed not_accepted', 'as not_accepted when it made offers') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(status || ' ' || failure_cause || ' ' || refund_status || ' ' || refund_due_amount, 'failed not_accepted due 15000', 'the money is owed back') FROM core.payment_requests WHERE session_id = :'session';
SELECT pg_temp.equal(cause_tag || ' ' || (details ->> 'offers'), 'not_accepted 3', 'the failure is on record') FROM core.pairing_failures WHERE session_id = :'session';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'pairing_failed payment_updated', 'the customer is told');

SELECT pg_temp.a_search() AS lonely \gset
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = :'lonely';
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(end_reason, 'no_mitra_available', 'a round that made no offer fails as no_mitra_available') FROM core.chat_sessions WHERE id = :'lonely';

-- an offer never outlives the search
SELECT pg_temp.a_search() AS short \gset
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() + interval '3 seconds' WHERE id = :'short' RETURNING pairing_deadline AS deadline \gset
SELECT offer_id AS offer FROM api.blast(:'short', ARRAY[:'ani']::uuid[]) \gset
SELECT pg_temp.equal(expires_at, :'deadline'::timestamptz, 'an offer ends with the pairing deadline at the latest') FROM core.pairing_offers WHERE id = :'offer';
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = :'short';
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = :'offer';
SELECT pg_temp.equal(pg_temp.settle(), '{"offer": 1, "pairing": 1, "silence": 1}', 'its silence is settled first, the round after it');
SELECT pg_temp.equal((SELECT status FROM core.pairing_offers WHERE id = :'offer') || ' ' || (SELECT end_reason FROM core.chat_sessions WHERE id = :'short'), 'expired not_accepted', 'each with its own outcome');

-- candidates chosen by PostgreSQL
UPDATE core.mitra_online_status SET is_online = false WHERE is_online;
SELECT pg_temp.a_mitra() AS busy, pg_temp.a_mitra() AS idle, pg_temp.a_mitra() AS idler \gset
SELECT pg_temp.a_mitra() AS stale \gset
SELECT pg_temp.a_session(:'busy') \g /dev/null
UPDATE core.mitra_loads SET idle_since = clock_timestamp() - interval '1 hour' WHERE mitra_id = :'idler';
UPDATE core.mitra_online_status SET last_online_at = clock_timestamp() - interval '1 hour' WHERE mitra_id = :'idler';
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '151 seconds' WHERE mitra_id = :'stale';
SELECT pg_temp.set('blast_size', '1');
SELECT pg_temp.a_search() AS session \gset
SELECT pg_temp.equal(array_agg(mitra_id), ARRAY[:'idler']::uuid[], 'without candidates PostgreSQL chooses: least loaded, then longest idle') FROM api.blast(:'session');
SELECT api.decline_offer(id, mitra_id) FROM core.pairing_offers WHERE session_id = :'session' AND status = 'offered' \g /dev/null
SELECT pg_temp.equal(array_agg(mitra_id), ARRAY[:'idle']::uuid[], 'then the next') FROM api.blast(:'session');
SELECT api.decline_offer(id, mitra_id) FROM core.pairing_offers WHERE session_id = :'session' AND status = 'offered' \g /dev/null
SELECT pg_temp.equal(array_agg(mitra_id), ARRAY[:'busy']::uuid[], 'then the busy one') FROM api.blast(:'session');
SELECT api.decline_offer(id, mitra_id) FROM core.pairing_offers WHERE session_id = :'session' AND status = 'offered' \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'and never one whose heartbeat is stale') FROM api.blast(:'session');
SELECT pg_temp.equal(count(*), 1::bigint, 'given by name it is offered to: freshness is judged where candidates are chosen') FROM api.blast(:'session', ARRAY[:'stale']::uuid[]);

-- who waits longest comes first
SELECT pg_temp.a_search() AS later, pg_temp.a_search() AS earlier \gset
UPDATE core.chat_sessions SET created_at = created_at - interval '1 hour' WHERE id = :'earlier';
SELECT pg_temp.equal(session_id, :'earlier'::uuid, 'searches come oldest first') FROM api.unoffered_sessions(1);
SELECT began_at AS began_at FROM api.unoffered_sessions(1) \gset
SELECT pg_temp.equal(session_id, :'later'::uuid, 'the next page begins after the last') FROM api.unoffered_sessions(1, NULL, :'began_at', :'earlier');
SELECT pg_temp.a_mitra() AS only \gset
UPDATE core.chat_sessions SET excluded_mitra_ids = ARRAY[:'only'::uuid] WHERE id = :'earlier';
SELECT pg_temp.equal(session_id, :'later'::uuid, 'those that nobody is left for are passed over') FROM api.unoffered_sessions(1, ARRAY[:'only'::uuid]);
UPDATE core.chat_sessions SET search_began_at = clock_timestamp() WHERE id = :'earlier';
SELECT pg_temp.equal(array_agg(session_id), ARRAY[:'later', :'earlier']::uuid[], 'a rerouted search is as old as its reroute') FROM api.unoffered_sessions(100000) WHERE session_id IN (:'later', :'earlier');

-- what ended is not offered
SELECT api.cancel_session(:'later', customer_id) FROM core.chat_sessions WHERE id = :'later' \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'a cancelled search is not offered') FROM api.blast(:'later', ARRAY[:'idle']::uuid[]);
SELECT pg_temp.refused(format('SELECT * FROM api.blast(%L)', gen_random_uuid()), 'NOT_FOUND', 'an unknown session is not offered');
SELECT pg_temp.equal(count(*), 0::bigint, 'an empty list of candidates is nobody') FROM api.blast(:'earlier', '{}');
SELECT pg_temp.equal(count(*), 1::bigint, 'a candidate named twice is offered to once') FROM api.blast(:'earlier', ARRAY[:'idle', :'idle']::uuid[]);
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
