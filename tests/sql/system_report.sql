-- What the control centre sees of the system's inside.
\ir tap.psql
SELECT pg_temp.plan(12);

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

-- record_sweeps
CREATE FUNCTION pg_temp.run(p_sweep text, p_ended_at timestamptz, p_outcome text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object(p_sweep, jsonb_build_object('ended_at', p_ended_at, 'outcome', p_outcome, 'seconds', 0.5, 'found', ''))
$$;
SELECT api.record_sweeps(pg_temp.run('tables', now(), 'ok') || pg_temp.run('figures', now(), 'failed')) \g /dev/null
SELECT api.record_sweeps(pg_temp.run('tables', now() - interval '1 hour', 'failed') || pg_temp.run('figures', now() + interval '1 second', 'ok')) \g /dev/null
SELECT pg_temp.equal((SELECT string_agg((sweep ->> 'name') || ' ' || (sweep ->> 'outcome'), ', ') FROM jsonb_array_elements(api.system_report() -> 'sweeps') AS sweep), 'figures ok, tables ok', 'of each sweep the newest run is told');
SELECT pg_temp.refused('SELECT api.record_sweeps(NULL)', 'VALIDATION_ERROR', 'runs are named', 'runs');

-- horizon
SELECT pg_temp.ok(count(*) = 1 AND bool_and(dead_rows >= worst_dead_rows), 'the horizon is one row, and no table has more dead rows than all') FROM ops.horizon;
SELECT pg_temp.ok(dead_rows >= 0 AND held_seconds >= 0 AND transactions >= 0, 'its figures are there, held or not') FROM api.horizon();

SELECT pg_temp.finish();
ROLLBACK;
