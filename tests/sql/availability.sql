-- A mitra's intent, heartbeat and capacity, and who is available by them.
\ir tap.psql
SELECT pg_temp.plan(59);

-- create_mitra
SELECT api.create_mitra('Ani', '+6299900000001', 2) AS ani \gset
SELECT (:'ani'::jsonb ->> 'id') AS ani \gset
SELECT pg_temp.ok(is_active, 'a new mitra is active') FROM core.mitras WHERE id = :'ani';
SELECT pg_temp.ok(NOT is_online, 'a new mitra is offline') FROM core.mitra_online_status WHERE mitra_id = :'ani';
SELECT pg_temp.equal(max_sessions, 2, 'a new mitra has the maximum it was given') FROM api.mirror_state(ARRAY[:'ani'::uuid]);
SELECT pg_temp.refused($$SELECT api.create_mitra('Ani', '+6299900000001')$$, 'INVALID_STATE', 'a phone number belongs to one mitra', 'phone');
SELECT pg_temp.refused($$SELECT api.create_mitra('Ani', '081299900001')$$, 'VALIDATION_ERROR', 'a phone number needs its country code', 'phone');
SELECT pg_temp.refused($$SELECT api.create_mitra('', '+6299900000002')$$, 'VALIDATION_ERROR', 'a mitra needs a name', 'display_name');
SELECT pg_temp.refused($$SELECT api.create_mitra(repeat('a', 81), '+6299900000002')$$, 'VALIDATION_ERROR', 'a name has at most 80 characters', 'display_name');
SELECT pg_temp.refused($$SELECT api.create_mitra('Ani', '+6299900000002', 0)$$, 'VALIDATION_ERROR', 'a mitra has at least one slot', 'max_sessions');

-- go_online
SELECT (api.availability() ->> 'available_mitras')::integer AS counted \gset
SELECT version AS version FROM api.mirror_state(ARRAY[:'ani'::uuid]) \gset
SELECT api.go_online(:'ani') AS status \gset
SELECT pg_temp.ok((:'status'::jsonb ->> 'available')::boolean, 'a mitra that went online is available');
SELECT pg_temp.ok(last_online_at > now() AND last_heartbeat_at = last_online_at, 'going online counts as a heartbeat')
FROM core.mitra_online_status WHERE mitra_id = :'ani';
SELECT pg_temp.equal((api.availability() ->> 'available_mitras')::integer, :counted + 1, 'the beacon counts it');
SELECT pg_temp.ok(version > :version, 'the mirror is given a newer version') FROM api.mirror_state(ARRAY[:'ani'::uuid]);
SELECT pg_temp.equal(pg_temp.told('mitra', :'ani'), 'status_changed', 'the mitra is told of its new status');
SELECT pg_temp.equal(string_agg(action || ' ' || cause, ', ' ORDER BY id), 'activate created, online mitra', 'the ledger has every change with its cause')
FROM core.mitra_status_log WHERE mitra_id = :'ani';

SELECT to_jsonb(status) || to_jsonb(load) AS before FROM core.mitra_online_status AS status JOIN core.mitra_loads AS load USING (mitra_id)
WHERE mitra_id = :'ani' \gset
SELECT pg_temp.equal(api.go_online(:'ani') - 'last_heartbeat_at', :'status'::jsonb - 'last_heartbeat_at', 'going online again answers the same');
SELECT pg_temp.equal(to_jsonb(status) || to_jsonb(load), :'before'::jsonb, 'going online again writes nothing')
FROM core.mitra_online_status AS status JOIN core.mitra_loads AS load USING (mitra_id) WHERE mitra_id = :'ani';
SELECT pg_temp.equal(count(*), 2::bigint, 'going online again is not in the ledger') FROM core.mitra_status_log WHERE mitra_id = :'ani';
SELECT pg_temp.equal(pg_temp.told('mitra', :'ani'), 'status_changed', 'going online again tells nobody');
SELECT pg_temp.refused(format('SELECT api.go_online(%L)', gen_random_uuid()), 'NOT_FOUND', 'nobody can go online who is no mitra');
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '100 seconds' WHERE mitra_id = :'ani';
SELECT pg_temp.ok((api.mitra_status(:'ani') ->> 'available')::boolean, 'the fallback believes a copied heartbeat a little longer');
SELECT pg_temp.ok((api.go_online(:'ani') ->> 'available')::boolean, 'going online again makes a stale mitra available');
SELECT pg_temp.ok(last_heartbeat_at > clock_timestamp() - interval '10 seconds', 'by a heartbeat') FROM core.mitra_online_status WHERE mitra_id = :'ani';

-- record_heartbeat
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '80 seconds' WHERE mitra_id = :'ani';
SELECT api.record_heartbeat(:'ani') AS beat \gset
SELECT pg_temp.equal(last_heartbeat_at, :'beat'::timestamptz, 'a heartbeat is recorded with its time') FROM core.mitra_online_status WHERE mitra_id = :'ani';
SELECT pg_temp.refused(format('SELECT api.record_heartbeat(%L)', pg_temp.a_mitra(false)), 'NOT_ONLINE', 'an offline mitra has no heartbeat');
SELECT pg_temp.refused(format('SELECT api.record_heartbeat(%L)', gen_random_uuid()), 'NOT_FOUND', 'a stranger has no heartbeat');

-- freshness, with the fallback's slack
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '149 seconds' WHERE mitra_id = :'ani';
SELECT pg_temp.ok((api.mitra_status(:'ani') ->> 'available')::boolean, 'a heartbeat copied 149 seconds ago is fresh: 90 and 60 of slack');
SELECT pg_temp.ok(NOT (api.mitra_status(:'ani', false) ->> 'available')::boolean, 'but not when the mirror knows better');
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '151 seconds' WHERE mitra_id = :'ani';
SELECT pg_temp.ok(NOT (api.mitra_status(:'ani') ->> 'available')::boolean, 'a heartbeat copied 151 seconds ago is stale');
SELECT pg_temp.ok((api.mitra_status(:'ani', true) ->> 'available')::boolean, 'unless the mirror has a later one');
SELECT pg_temp.equal((api.availability() ->> 'available_mitras')::integer, :counted, 'the beacon does not count a stale mitra');
SELECT pg_temp.set('heartbeat_stale_seconds', '100');
SELECT pg_temp.ok((api.mitra_status(:'ani') ->> 'available')::boolean, 'heartbeat_stale_seconds is read anew each time');
SELECT pg_temp.set('heartbeat_stale_seconds', '90');

-- the best of those who are available: least loaded, then longest idle, each by the maximum that holds for it
SELECT pg_temp.a_mitra() AS free, pg_temp.a_mitra() AS loaded, pg_temp.a_mitra(p_max_sessions => 4) AS able \gset
SELECT pg_temp.a_session(:'loaded') FROM generate_series(1, 2) \g /dev/null
SELECT pg_temp.a_session(:'able') FROM generate_series(1, 3) \g /dev/null
CREATE FUNCTION pg_temp.best(VARIADIC p_of uuid[]) RETURNS uuid[] LANGUAGE sql AS $$
    SELECT array_agg(id ORDER BY place) FROM api.best_mitras(1000) WITH ORDINALITY AS best (id, place) WHERE id = ANY (p_of) $$;
SELECT pg_temp.equal(pg_temp.best(:'able', :'loaded', :'free'), ARRAY[:'free', :'loaded', :'able']::uuid[], 'the best mitras come least loaded first');
SELECT pg_temp.set('mitra_max_sessions', '2');
SELECT pg_temp.equal(pg_temp.best(:'able', :'loaded', :'free'), ARRAY[:'free', :'able']::uuid[], 'a lowered maximum leaves out at once who is full by it, but not a mitra with its own');
SELECT pg_temp.set('mitra_max_sessions', '3');
SELECT pg_temp.equal(pg_temp.best(:'able', :'loaded', :'free'), ARRAY[:'free', :'loaded', :'able']::uuid[], 'and a raised maximum brings them back');
SELECT pg_temp.a_session(:'able') \g /dev/null
SELECT pg_temp.equal(pg_temp.best(:'able', :'loaded', :'free'), ARRAY[:'free', :'loaded']::uuid[], 'a mitra that is full by its own maximum is not among them');
UPDATE core.mitras SET max_sessions = 5 WHERE id = :'able';
SELECT pg_temp.equal(pg_temp.best(:'able', :'loaded', :'free'), ARRAY[:'free', :'loaded', :'able']::uuid[], 'and is again with a higher one');
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '100 seconds' WHERE mitra_id = :'free';
SELECT pg_temp.ok(:'free' IN (SELECT api.best_mitras(1000)) AND :'free' NOT IN (SELECT api.best_mitras(1000, false)), 'a heartbeat of the slack counts only when the mirror can''t tell');
UPDATE core.mitra_online_status SET last_online_at = clock_timestamp() WHERE mitra_id = :'free';
SELECT pg_temp.a_session(:'free') FROM generate_series(1, 2) \g /dev/null
SELECT pg_temp.equal(pg_temp.best(:'able', :'loaded', :'free'), ARRAY[:'loaded', :'free', :'able']::uuid[], 'of equals comes first who waits longest, also where a DBA says since when');
SELECT pg_temp.equal(count(*), 0::bigint, 'what is stored of waiting is right all the while') FROM core.wrong_waits();

-- copy_heartbeats
SELECT pg_temp.a_mitra(false) AS budi \gset
UPDATE core.mitra_online_status SET last_heartbeat_at = '2026-01-01 00:00:10Z' WHERE mitra_id = :'ani';
SELECT pg_temp.equal(api.copy_heartbeats(ARRAY[:'ani', :'budi']::uuid[], ARRAY['2026-01-01 00:00:05Z', '2026-01-01 00:00:05Z']::timestamptz[]), 0,
    'copied heartbeats never go backwards, nor to an offline mitra');
SELECT pg_temp.equal(api.copy_heartbeats(ARRAY[:'ani']::uuid[], ARRAY['2026-01-01 00:00:15Z']::timestamptz[]), 1, 'a newer heartbeat is copied');
SELECT pg_temp.equal(api.copy_heartbeats(ARRAY[:'ani']::uuid[], ARRAY['2026-01-01 00:00:15Z']::timestamptz[]), 0, 'copying it again writes nothing');
SELECT api.copy_heartbeats(ARRAY[:'ani', :'ani']::uuid[], ARRAY['2026-01-01 00:00:30Z', '2026-01-01 00:00:20Z']::timestamptz[]) \g /dev/null
SELECT pg_temp.equal(last_heartbeat_at, '2026-01-01 00:00:30Z', 'the latest of two heartbeats counts') FROM core.mitra_online_status WHERE mitra_id = :'ani';
SELECT pg_temp.equal(api.copy_heartbeats(ARRAY[:'ani', :'ani']::uuid[], ARRAY['2026-01-01 00:00:30Z', NULL]::timestamptz[]), 0, 'a heartbeat without a time is none');
SELECT api.copy_heartbeats(ARRAY[:'ani']::uuid[], ARRAY['2099-01-01Z']::timestamptz[]) \g /dev/null
SELECT pg_temp.ok(last_heartbeat_at <= clock_timestamp(), 'a heartbeat from the future counts as now') FROM core.mitra_online_status WHERE mitra_id = :'ani';

-- note_heartbeats
UPDATE core.mitra_online_status SET last_heartbeat_at = '2026-01-01Z' WHERE mitra_id IN (:'ani', :'budi');
SELECT pg_temp.equal(api.note_heartbeats(ARRAY[:'budi', :'ani', gen_random_uuid(), :'ani', NULL]::uuid[]), 1, 'of an offline mitra and of a stranger a sign is no heartbeat, and no refusal');
SELECT pg_temp.ok(last_heartbeat_at BETWEEN clock_timestamp() - interval '1 minute' AND clock_timestamp(), 'a sign of an online mitra is a heartbeat of now') FROM core.mitra_online_status WHERE mitra_id = :'ani';
SELECT pg_temp.equal(last_heartbeat_at, '2026-01-01Z'::timestamptz, 'and nothing is written of the offline mitra') FROM core.mitra_online_status WHERE mitra_id = :'budi';
SELECT pg_temp.refused('SELECT api.note_heartbeats(NULL)', 'VALIDATION_ERROR', 'who beats must be said', 'mitra_ids');

-- auto_offline
SELECT pg_temp.a_mitra() AS stale, pg_temp.a_mitra() AS fresh, pg_temp.a_mitra() AS silent \gset
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '91 seconds', last_online_at = clock_timestamp() - interval '1 hour'
WHERE mitra_id = :'stale';
UPDATE core.mitra_online_status SET last_heartbeat_at = NULL WHERE mitra_id = :'silent';
SELECT pg_temp.equal(array_agg(gone), ARRAY[:'stale']::uuid[], 'only whose stamps in PostgreSQL are stale too is set offline')
FROM api.auto_offline(ARRAY[:'stale', :'fresh', :'silent', :'budi', gen_random_uuid()::text]::uuid[]) AS gone;
SELECT pg_temp.equal(cause || ' ' || (duration > '0')::text, 'auto_offline true', 'the ledger says why, and how long it was online')
FROM core.mitra_status_log WHERE mitra_id = :'stale' ORDER BY id DESC LIMIT 1;
SELECT pg_temp.equal(frame ->> 'cause', 'auto_offline', 'the mitra is told why')
FROM api.events_after('mitra', :'stale', 0) ORDER BY seq DESC LIMIT 1;

-- capacity
SELECT pg_temp.equal(api.mitra_status(:'fresh') ->> 'max_sessions', '3', 'without a maximum of its own, mitra_max_sessions counts');
SELECT pg_temp.a_session(:'fresh') AS session \gset
SELECT pg_temp.equal((api.mitra_status(:'fresh') ->> 'capacity')::integer, 1, 'a running session takes a slot');
SELECT pg_temp.a_session(:'fresh') AS second, pg_temp.a_session(:'fresh') AS third \gset
SELECT pg_temp.ok(NOT (api.mitra_status(:'fresh') ->> 'available')::boolean, 'a full mitra is not available');
SELECT api.end_session(:'session', 'mitra', :'fresh') \g /dev/null
SELECT pg_temp.ok((api.mitra_status(:'fresh') ->> 'available')::boolean, 'a mitra with a freed slot is available');

-- go_offline
SELECT api.go_offline(:'fresh') AS status \gset
SELECT pg_temp.ok(NOT (:'status'::jsonb ->> 'is_online')::boolean, 'a mitra that went offline is offline');
SELECT pg_temp.equal(status, 'active', 'its running sessions go on') FROM core.chat_sessions WHERE id = :'second';
SELECT count(*) AS logged FROM core.mitra_status_log WHERE mitra_id = :'fresh' \gset
SELECT api.go_offline(:'fresh') \g /dev/null
SELECT pg_temp.equal(count(*), :logged::bigint, 'going offline again changes nothing') FROM core.mitra_status_log WHERE mitra_id = :'fresh';

SELECT pg_temp.finish();
ROLLBACK;
