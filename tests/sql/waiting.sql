-- Who waits is told the truth about it; and the same mitra may be asked first.
\ir tap.psql
SELECT pg_temp.plan(19);

CREATE FUNCTION pg_temp.progress(p_session_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', info ->> 'position', info ->> 'waves', coalesce(info ->> 'estimated_wait_seconds', 'unknown'))
    FROM core.chat_sessions AS session CROSS JOIN LATERAL api.session_info(session.id, 'customer', session.customer_id) AS info WHERE session.id = p_session_id
$$;
CREATE FUNCTION pg_temp.told(p_session_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', frame ->> 'position', frame ->> 'waves', coalesce(frame ->> 'estimated_wait_seconds', 'unknown'))
    FROM api.search_progresses() WHERE session_id = p_session_id
$$;
CREATE FUNCTION pg_temp.again(p_customer_id uuid, p_mitra_id uuid) RETURNS uuid LANGUAGE sql AS $$
    SELECT (api.confirm_payment((api.create_payment_request(p_customer_id, pg_temp.a_package(), p_anyone_available => true, p_preferred_mitra_id => p_mitra_id) ->> 'id')::uuid)
        ->> 'session_id')::uuid
$$;
CREATE FUNCTION pg_temp.wave(p_session_id uuid, p_mitras uuid[]) RETURNS uuid[] LANGUAGE sql AS $$
    SELECT array_agg(mitra_id ORDER BY mitra_id) FROM api.blast(p_session_id, p_mitras)
$$;

-- waiting
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_mitra() AS other, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_search() AS first, pg_temp.a_search() AS second \gset
SELECT pg_temp.equal(pg_temp.progress(:'first'), '1 0 unknown', 'the first in the queue');
SELECT pg_temp.equal(pg_temp.progress(:'second'), '2 0 unknown', 'and the second');
SELECT pg_temp.an_offer(:'second', :'mitra') AS offer \gset
SELECT pg_temp.equal(pg_temp.progress(:'second'), '2 1 unknown', 'with its waves');
SELECT pg_temp.equal(pg_temp.told(:'second'), '2 1 unknown', 'as it is told');
SELECT pg_temp.equal(next.frame ->> 'position', '2', 'page by page')
FROM api.search_progresses(p_limit => 1) AS page CROSS JOIN LATERAL api.search_progresses(page.began_at, page.session_id, 1, 1) AS next WHERE page.session_id = :'first';
INSERT INTO core.figures (metric, step, at, bucket, value)
SELECT 'pairing_wait', 'minute', date_trunc('minute', clock_timestamp()) - ago, core.bucket(seconds), 2
FROM (VALUES (10, interval '5 minutes'), (20, interval '5 minutes'), (20, '1 minute'), (300, '40 minutes'), (300, '50 minutes')) AS waits (seconds, ago);
SELECT pg_temp.ok(core.estimated_wait() BETWEEN 14 AND 24, 'half of the waits of the last half hour', core.estimated_wait()::text);
SELECT pg_temp.equal(pg_temp.told(:'first'), '1 0 ' || core.estimated_wait(), 'is the estimate');
SELECT api.accept_offer(:'offer', :'mitra') \g /dev/null
SELECT pg_temp.equal(pg_temp.progress(:'second'), 'unknown', 'who is paired does not wait');
SELECT pg_temp.equal(pg_temp.told(:'second'), NULL, 'and is told nothing more');
SELECT pg_temp.refused('SELECT * FROM api.search_progresses(p_limit => NULL)', 'VALIDATION_ERROR', 'a page has a length', 'limit');

-- the same mitra again
SELECT pg_temp.refused(format('SELECT pg_temp.again(%L, %L)', :'customer', :'mitra'), 'NOT_FOUND', 'only one who served this customer');
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT api.end_session(:'session', 'customer', :'customer') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L, true, %L, p_preferred_mitra_id => %L)', :'customer', pg_temp.a_package(5000, 10, NULL, true), :'session', :'mitra'), 'VALIDATION_ERROR', 'an extension stays with its mitra', 'preferred_mitra_id');
SELECT pg_temp.again(:'customer', :'mitra') AS session \gset
SELECT pg_temp.equal(pg_temp.wave(:'session', ARRAY[:'other', :'mitra']::uuid[]), ARRAY[:'mitra'::uuid], 'the first wave goes to that mitra alone');
SELECT api.decline_offer(id, mitra_id) FROM core.pairing_offers WHERE session_id = :'session' \g /dev/null
SELECT pg_temp.equal(pg_temp.wave(:'session', ARRAY[:'other', :'mitra']::uuid[]), ARRAY[:'other'::uuid], 'the next goes to the others');
SELECT api.cancel_session(:'session', :'customer') \g /dev/null
SELECT pg_temp.again(:'customer', :'mitra') AS session \gset
SELECT pg_temp.equal((SELECT array_agg(mitra_id) FROM api.blast(:'session')), ARRAY[:'mitra'::uuid], 'also when PostgreSQL chooses');
SELECT api.cancel_session(:'session', :'customer') \g /dev/null
SELECT pg_temp.a_customer() AS former, pg_temp.a_mitra() AS theirs \gset
SELECT pg_temp.a_session(:'theirs', :'former') AS session \gset
SELECT api.end_session(:'session', 'customer', :'former') \g /dev/null
UPDATE core.customers SET merged_into = :'customer', merged_at = clock_timestamp() WHERE id = :'former';
SELECT pg_temp.again(:'customer', :'theirs') AS session \gset
SELECT pg_temp.equal(pg_temp.wave(:'session', ARRAY[:'other', :'theirs']::uuid[]), ARRAY[:'theirs'::uuid], 'who served me before I had an account');
SELECT api.cancel_session(:'session', :'customer') \g /dev/null

-- else straight on
SELECT pg_temp.again(:'customer', :'mitra') AS session \gset
SELECT api.go_offline(:'mitra') \g /dev/null
SELECT pg_temp.equal(pg_temp.wave(:'session', ARRAY[:'other', :'mitra']::uuid[]), ARRAY[:'other'::uuid], 'offline: straight on');
SELECT api.cancel_session(:'session', :'customer') \g /dev/null
SELECT api.go_online(:'mitra') \g /dev/null
SELECT api.block_other_party(id, 'mitra', :'mitra') FROM core.chat_sessions WHERE customer_id = :'customer' AND mitra_id = :'mitra' \g /dev/null
SELECT pg_temp.again(:'customer', :'mitra') AS session \gset
SELECT pg_temp.equal(pg_temp.wave(:'session', ARRAY[:'other', :'mitra']::uuid[]), ARRAY[:'other'::uuid], 'blocked: straight on, and nobody hears why');
SELECT api.cancel_session(:'session', :'customer') \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'every rule holds') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
