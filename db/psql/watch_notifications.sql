-- Every notification as it comes, for a minute: psql <address> -f db/psql/watch_notifications.sql
-- psql shows what has arrived after each statement, so it asks for nothing once a second.
\set QUIET on
\pset tuples_only on
LISTEN mitra_mirror;
LISTEN events;
LISTEN deadlines;
LISTEN pairing;
LISTEN config;
\echo 'Watching mitra_mirror, events, deadlines, pairing and config for a minute …'
SELECT format('DO $w$ BEGIN PERFORM pg_sleep(1); END $w$') FROM generate_series(1, 60) \gexec
