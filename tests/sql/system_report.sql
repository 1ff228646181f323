-- What the control centre sees of the system's inside.
\ir tap.psql
SELECT pg_temp.plan(8);

SELECT api.system_report() AS report \gset
SELECT pg_temp.equal(:'report'::jsonb #>> '{condition,is_writable}', 'true', 'the condition is in the report');
SELECT pg_temp.equal(:'report'::jsonb ->> 'leader', NULL, 'nobody has led');
SELECT pg_temp.equal(:'report'::jsonb ->> 'postgresql', current_setting('server_version'), 'the version of PostgreSQL');
SELECT pg_temp.equal(:'report'::jsonb ->> 'last_migration' >= '0024.web_sessions', true, 'the newest migration');
SELECT FROM api.take_leadership('listener', 'here', 3, 3) \g /dev/null
INSERT INTO core.deadline_runs (kind, at, lateness_ms) VALUES ('expiry', clock_timestamp(), '{10,20,30}'), ('expiry', clock_timestamp() - interval '61 minutes', '{9000}');
SELECT api.system_report() AS report \gset
SELECT pg_temp.equal(:'report'::jsonb #>> '{leader,holder}' || ' ' || (:'report'::jsonb #>> '{leader,is_led}'), 'here true', 'who leads');
SELECT pg_temp.equal(:'report'::jsonb #>> '{lateness,0}', '{"kind": "expiry", "p50_ms": 20.0, "p99_ms": 29.8, "settled": 3}', 'how late things were in the last hour');
SELECT pg_temp.equal(api.check_invariants() ->> 'items', '[]', 'every rule holds');
SELECT pg_temp.a_mitra(true, 3) AS mitra \gset
SELECT pg_temp.refused('SELECT api.check_invariants(0)', 'VALIDATION_ERROR', 'a page of nothing', 'limit');
