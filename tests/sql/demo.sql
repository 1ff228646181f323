-- What people play with at /demo.
\ir tap.psql
SELECT pg_temp.plan(3);

SELECT pg_temp.refused('SELECT api.seed_demo_phones()', 'INVALID_STATE', 'a database without demo data gets none of its packages');
SELECT api.seed_demo(true) \g /dev/null
SELECT api.seed_demo_phones() FROM generate_series(1, 2) \g /dev/null
SELECT pg_temp.equal(string_agg(item ->> 'name' || ' ' || (item ->> 'duration_minutes') || ' ' || (item ->> 'is_extension'), ', '), 'Coba 2 menit 2 false, Tambah 2 menit 2 true', 'a base package and an extension of two minutes, each once')
FROM jsonb_array_elements(api.packages() -> 'items') AS item WHERE (item ->> 'duration_minutes')::integer < 3;
SELECT pg_temp.ok(has_function_privilege('halo_cc', 'api.seed_demo_phones()', 'EXECUTE') AND NOT has_function_privilege('halo_app', 'api.seed_demo_phones()', 'EXECUTE'), 'the app makes no package');

SELECT pg_temp.finish();
ROLLBACK;
