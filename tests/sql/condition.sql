-- Whether the system as a whole does its work: each trouble has its age and its name.
\ir tap.psql
SELECT pg_temp.plan(14);

INSERT INTO core.leaderships (name, epoch, holder, until) VALUES ('listener', 1, 'one', clock_timestamp() + interval '1 hour')
ON CONFLICT (name) DO UPDATE SET until = excluded.until;
SELECT pg_temp.equal(reasons, ARRAY[]::text[], 'nothing is wrong') FROM api.condition();
SELECT pg_temp.ok(is_writable AND queue_usage = 0, 'the server takes writes, and the queue is empty') FROM api.condition();

UPDATE core.leaderships SET until = clock_timestamp() - interval '9 s' WHERE name = 'listener';
SELECT pg_temp.equal(reasons, ARRAY[]::text[], 'a change of leaders is no trouble') FROM api.condition();
UPDATE core.leaderships SET until = clock_timestamp() - interval '11 s' WHERE name = 'listener';
SELECT pg_temp.ok(reasons = '{nobody_leads}' AND vacant_seconds BETWEEN 11 AND 20, 'but nobody leading for ten seconds is') FROM api.condition();
DELETE FROM core.leaderships WHERE name = 'listener';
SELECT pg_temp.ok(vacant_seconds > 0, 'when nobody ever led, nobody has since the start') FROM api.condition();
INSERT INTO core.leaderships (name, epoch, holder, until) VALUES ('listener', 1, 'one', clock_timestamp() + interval '1 hour');

SELECT pg_temp.a_mitra() AS mitra \gset
INSERT INTO core.event_queue (recipient, created_at) VALUES ('mitra:' || :'mitra', clock_timestamp() - interval '31 s');
UPDATE core.event_queue SET created_at = clock_timestamp() - interval '31 s';
SELECT pg_temp.ok(reasons = '{events_undispatched}' AND event_seconds BETWEEN 31 AND 40, 'an event that waits for half a minute') FROM api.condition();
DELETE FROM core.event_queue;
SELECT pg_temp.equal(event_seconds, 0::double precision, 'once dispatched it is no more') FROM api.condition();

SELECT pg_temp.a_search() AS session \gset
DELETE FROM core.event_queue;
SELECT pg_temp.equal(reasons, ARRAY[]::text[], 'a search that has just begun') FROM api.condition();
UPDATE core.chat_sessions SET created_at = clock_timestamp() - interval '31 s', pairing_deadline = clock_timestamp() + interval '89 s' WHERE id = :'session';
SELECT pg_temp.ok(reasons = '{searches_without_offers}' AND search_seconds BETWEEN 31 AND 40, 'one that a mitra who is there is not offered') FROM api.condition();
UPDATE core.chat_sessions SET excluded_mitra_ids = ARRAY[:'mitra'::uuid] WHERE id = :'session';
SELECT pg_temp.equal(reasons, ARRAY[]::text[], 'unless it must not be offered to that mitra') FROM api.condition();
UPDATE core.chat_sessions SET excluded_mitra_ids = '{}' WHERE id = :'session';
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '2 minutes' WHERE mitra_id = :'mitra';
SELECT pg_temp.equal(reasons, ARRAY[]::text[], 'or the mitra has fallen silent') FROM api.condition();

UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() - interval '31 s' WHERE id = :'session';
SELECT pg_temp.ok(reasons = '{deadlines_overdue}' AND deadline_seconds BETWEEN 31 AND 40, 'a deadline that nobody settles') FROM api.condition();
SELECT pg_temp.ok(transaction_seconds >= 0, 'the oldest transaction has an age') FROM api.condition();
SELECT pg_temp.equal((SELECT reasons FROM ops.condition), (SELECT reasons FROM api.condition()), 'people read the same') ;

SELECT pg_temp.finish();
ROLLBACK;
