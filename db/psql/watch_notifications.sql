-- Every notification as it comes, for a minute, or -v seconds=<n>:
--
--   psql <address> -f db/psql/watch_notifications.sql
--
-- psql shows what has arrived after each statement, so a statement that does nothing is sent each
-- second.
\set QUIET on
\pset tuples_only on
\if :{?seconds}
\else
    \set seconds 60
\endif
LISTEN mitra_mirror;
LISTEN events;
LISTEN deadlines;
LISTEN pairing;
LISTEN config;
\echo 'Watching mitra_mirror, events, deadlines, pairing and config for' :seconds 'seconds …'
SELECT format('DO $w$ BEGIN PERFORM pg_sleep(1); END $w$') FROM generate_series(1, :seconds) \gexec
