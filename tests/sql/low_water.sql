-- Looks begin where the first of what is still to be done was due, or began to be searched for.
\ir tap.psql
SELECT pg_temp.plan(10);

SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
DELETE FROM core.session_warnings;

-- while rows are vacuumed, looks begin at the beginning
SELECT api.mark_low_water(false, NULL) \g /dev/null
SELECT pg_temp.equal(core.due_from() || ' ' || core.searching_from(), to_timestamp(0) || ' ' || to_timestamp(0), 'nothing is passed over while nobody holds the horizon');
CREATE OR REPLACE FUNCTION core.horizon_is_held() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';

-- due work
UPDATE core.chat_sessions SET expires_at = clock_timestamp() - interval '1 hour' WHERE id = :'session' RETURNING expires_at AS was_due \gset
SELECT api.mark_low_water(false, NULL) AS notes \gset
SELECT pg_temp.equal(core.due_from(), :'was_due'::timestamptz, 'looks begin with what is longest overdue');
SELECT count(*) FROM api.run_due() \g /dev/null
SELECT api.mark_low_water(false, :notes) AS notes \gset
SELECT pg_temp.ok(core.due_from() BETWEEN clock_timestamp() - interval '8 seconds' AND clock_timestamp() - interval '6 seconds', 'when all is done, six seconds ago: what is written now may be committed later');
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() - interval '1 hour' WHERE id = :'session';
SELECT pg_temp.ok(api.next_deadline() IS DISTINCT FROM (SELECT closing_ends_at FROM core.chat_sessions WHERE id = :'session'), 'what was done is passed over, and what is dated back with it');
SELECT api.mark_low_water(false, :notes) AS notes \gset
SELECT pg_temp.equal(count(*), 0::bigint, 'as long as looks go on from there') FROM api.run_due();
SELECT api.mark_low_water(true, :notes) AS notes \gset
SELECT pg_temp.equal((SELECT string_agg(kind, ' ') FROM api.run_due()), 'closure', 'a look at everything finds it');

-- searches: one whose offers are out may be searching again
SELECT pg_temp.a_search(pg_temp.a_customer()) AS search \gset
UPDATE core.chat_sessions SET created_at = clock_timestamp() - interval '20 seconds', status = 'pending_acceptance' WHERE id = :'search' RETURNING created_at AS began_at \gset
SELECT api.mark_low_water(true, :notes) AS notes \gset
SELECT pg_temp.equal(core.searching_from(), :'began_at'::timestamptz, 'looks for searches begin with the oldest that goes on');
UPDATE core.chat_sessions SET status = 'searching' WHERE id = :'search';
SELECT pg_temp.equal((SELECT count(*) FROM api.unoffered_sessions(10)), 1::bigint, 'which is found when it waits again');

-- events
DELETE FROM core.event_queue;
SELECT api.mark_low_water(false, :notes) AS notes \gset
SELECT pg_temp.equal((SELECT last_value FROM core.low_water_note), (SELECT last_value FROM core.event_queue_id_seq), 'when all is dispatched, looks begin behind the last note of the former call');
INSERT INTO core.event_queue (recipient, created_at) VALUES ('mitra:' || :'mitra', clock_timestamp() - interval '40 seconds');
SELECT pg_temp.ok((SELECT event_seconds >= 40 FROM api.condition()), 'and a later note counts');

SELECT pg_temp.finish();
ROLLBACK;
