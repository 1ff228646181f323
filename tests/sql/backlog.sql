-- What gauges tell of work that waits for operators, and of whether commits last.
\ir tap.psql
SELECT pg_temp.plan(5);

CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', reports_open, round(report_seconds / 3600)) FROM api.backlog()
$$;

SELECT pg_temp.equal(pg_temp.told(), '0 0', 'nothing waits');

SELECT pg_temp.a_session(pg_temp.a_mitra()) AS session \gset
SELECT customer_id AS customer, mitra_id AS mitra FROM core.chat_sessions WHERE id = :'session' \gset
SELECT api.report_other_party(:'session', 'customer', :'customer', 'rude') AS reported \gset
SELECT api.report_other_party(:'session', 'mitra', :'mitra', 'rude') AS reported \gset
UPDATE core.reports SET created_at = clock_timestamp() - interval '2 days' WHERE party = 'mitra';
SELECT pg_temp.equal(pg_temp.told(), '2 48', 'two reports wait, one for two days');
UPDATE core.reports SET status = 'dismissed', decided_at = clock_timestamp() WHERE party = 'mitra';
SELECT pg_temp.equal(pg_temp.told(), '1 0', 'a decided report does not wait');

CREATE FUNCTION pg_temp.lossy() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(name, ' '), '') FROM api.lossy_settings() AS name WHERE name NOT IN ('fsync', 'full_page_writes')
$$;
SET LOCAL synchronous_commit = off;
SELECT pg_temp.equal(pg_temp.lossy(), 'synchronous_commit', 'a commit that is not waited for can be lost');
SET LOCAL synchronous_commit = local;
SELECT pg_temp.equal(pg_temp.lossy(), '', 'otherwise it lasts where the server writes to disk');

SELECT pg_temp.finish();
ROLLBACK;
