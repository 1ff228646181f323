-- Silence of so many that the fault must be ours: nobody is set offline for it.
\ir tap.psql
SELECT pg_temp.plan(24);

-- So many mitras have been silent for an hour; the others beat now.
CREATE FUNCTION pg_temp.silent(p_silent integer) RETURNS SETOF text LANGUAGE sql AS $$
    UPDATE core.mitra_online_status AS status
    SET last_heartbeat_at = clock_timestamp() - CASE WHEN ranked.nth <= p_silent THEN interval '1 hour' ELSE '0' END,
        last_online_at = clock_timestamp() - interval '2 hours'
    FROM (SELECT mitra_id, row_number() OVER (ORDER BY mitra_id) AS nth FROM core.mitra_online_status WHERE is_online) AS ranked
    WHERE ranked.mitra_id = status.mitra_id;
    SELECT NULL::text WHERE false
$$;
CREATE FUNCTION pg_temp.set_offline() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM api.auto_offline(ARRAY(SELECT mitra_id FROM core.mitra_online_status WHERE is_online))
$$;
CREATE FUNCTION pg_temp.pass(p_seconds integer) RETURNS SETOF text LANGUAGE sql AS $$
    UPDATE core.mass_silence SET began_at = began_at - make_interval(secs => p_seconds), returned_at = returned_at - make_interval(secs => p_seconds);
    SELECT NULL::text WHERE false
$$;
UPDATE core.mitra_online_status SET is_online = false WHERE is_online;
SELECT count(pg_temp.a_mitra()) FROM generate_series(1, 10) \g /dev/null

-- few
SELECT pg_temp.silent(4) \g /dev/null
SELECT pg_temp.equal(pg_temp.set_offline(), 4::bigint, 'four of ten are silent by themselves, and are set offline');
UPDATE core.mitra_online_status SET is_online = true WHERE mitra_id IN (SELECT mitra_id FROM core.mitra_status_log WHERE cause = 'auto_offline');
SELECT pg_temp.silent(5) \g /dev/null
SELECT pg_temp.equal(is_held || ' ' || online || ' ' || silent, 'false 10 5', 'half of them is not more than half') FROM api.mass_silence();
UPDATE core.mitra_online_status SET is_online = false WHERE mitra_id IN (SELECT mitra_id FROM core.mitra_online_status WHERE is_online ORDER BY mitra_id DESC LIMIT 5);
SELECT pg_temp.silent(4) \g /dev/null
SELECT pg_temp.equal(is_held || ' ' || online || ' ' || silent, 'false 5 4', 'nor is four of five a mass') FROM api.mass_silence();

-- many
SELECT pg_temp.silent(5) \g /dev/null
SELECT pg_temp.equal(pg_temp.set_offline(), 0::bigint, 'when all five are silent nobody is set offline');
SELECT pg_temp.ok(is_held AND since IS NOT NULL, 'that is said') FROM api.mass_silence();
SELECT pg_temp.pass(800) \g /dev/null
SELECT pg_temp.equal(pg_temp.set_offline(), 0::bigint, 'as long as it lasts');

-- back again
SELECT pg_temp.silent(1) \g /dev/null
SELECT pg_temp.equal(pg_temp.set_offline(), 0::bigint, 'the last of them has time to come back');
UPDATE core.mass_silence SET began_at = clock_timestamp() - interval '3 minutes' \g /dev/null
SELECT pg_temp.pass(80) \g /dev/null
SELECT pg_temp.equal(pg_temp.set_offline(), 0::bigint, 'as long as a heartbeat may be old');
SELECT pg_temp.silent(5) \g /dev/null
SELECT pg_temp.equal(pg_temp.set_offline(), 0::bigint, 'when all fall silent again it goes on');
SELECT pg_temp.ok(returned_at IS NULL, 'and begins to wait anew') FROM core.mass_silence;
SELECT pg_temp.silent(1) \g /dev/null
SELECT pg_temp.ok(is_held, 'until enough beat again') FROM api.mass_silence();
SELECT pg_temp.pass(90) \g /dev/null
SELECT pg_temp.equal(pg_temp.set_offline(), 1::bigint, 'after that time who is silent is set offline');
SELECT pg_temp.equal(count(*), 0::bigint, 'and it is over') FROM core.mass_silence;

-- at the latest after 15 minutes
SELECT count(pg_temp.a_mitra()) FROM generate_series(1, 4) \g /dev/null
SELECT pg_temp.silent(8) \g /dev/null
SELECT pg_temp.equal(pg_temp.set_offline(), 0::bigint, 'a mass silence');
SELECT pg_temp.pass(900) \g /dev/null
SELECT pg_temp.equal(pg_temp.set_offline(), 8::bigint, 'is believed after 15 minutes');

-- the setting; no stamp
SELECT count(pg_temp.a_mitra()) FROM generate_series(1, 10) \g /dev/null
SELECT pg_temp.set('mass_silence_percent', '90') \g /dev/null
SELECT pg_temp.silent(9) \g /dev/null
SELECT pg_temp.ok(NOT is_held, 'mass_silence_percent says how many are a mass') FROM api.mass_silence();
UPDATE core.mitra_online_status SET last_heartbeat_at = NULL, last_online_at = NULL WHERE is_online;
SELECT pg_temp.equal(silent, 0, 'a mitra without any stamp is not silent') FROM api.mass_silence();
SELECT pg_temp.equal(pg_temp.set_offline(), 0::bigint, 'and is not set offline');

-- a silence that nobody ended: the guard holds anew
SELECT pg_temp.silent(10) \g /dev/null
INSERT INTO core.mass_silence (began_at, returned_at, judged_at)
SELECT old.at, old.at, old.at FROM (SELECT clock_timestamp() - interval '20 days') AS old (at)
ON CONFLICT (is_present) DO UPDATE SET began_at = excluded.began_at, returned_at = excluded.returned_at, judged_at = excluded.judged_at;
SELECT pg_temp.equal(pg_temp.set_offline(), 0::bigint, 'a silence of three weeks ago does not count for a new one');
SELECT pg_temp.ok(began_at > clock_timestamp() - interval '1 minute' AND returned_at IS NULL, 'which begins now') FROM core.mass_silence;

-- however seldom the sweep comes
CREATE FUNCTION pg_temp.sweep(p_seconds integer) RETURNS boolean LANGUAGE sql AS $$
    UPDATE core.mass_silence SET began_at = began_at - make_interval(secs => p_seconds), judged_at = judged_at - make_interval(secs => p_seconds);
    SELECT is_held FROM api.mass_silence(p_seconds)
$$;
SELECT pg_temp.equal(array_agg(pg_temp.sweep(300)), '{t,t}'::boolean[], 'swept every five minutes, the silence is held') FROM generate_series(1, 2);
SELECT pg_temp.ok(NOT pg_temp.sweep(300), 'until it has lasted 15 minutes');
SELECT pg_temp.equal(pg_temp.set_offline(), 10::bigint, 'and is believed then');
SELECT pg_temp.refused('SELECT * FROM api.mass_silence(NULL)', 'VALIDATION_ERROR', 'how often it is judged must be said', 'sweep_seconds');

SELECT pg_temp.finish();
ROLLBACK;
