-- What is slow, late or stuck, from the inside out; every part is empty when all is well:
--
--   psql <address> -f db/psql/what_is_stuck.sql
\set QUIET on
\echo 'Deadlines that have passed and nobody settled (is a listener running?):'
SELECT next_deadline, clock_timestamp() - next_deadline AS late
FROM api.next_deadline() AS next_deadline
WHERE next_deadline < clock_timestamp() - interval '5 seconds';
\echo 'What is due and can not be settled, and why:'
SELECT kind, id, failures, began_at, again_at, error FROM ops.failed_deadlines;
\echo 'Deadlines that were settled more than a second late, in the last day:'
SELECT kind, hour, settled, p50_ms, p99_ms, max_ms FROM ops.deadline_lateness
WHERE hour > clock_timestamp() - interval '1 day' AND p99_ms > 1000;
\echo 'Events that have waited longer than ten seconds for Valkey:'
SELECT recipient, notes, waiting, dispatched_seq, last_seq FROM ops.outbox
WHERE waiting > interval '10 seconds'
ORDER BY waiting DESC LIMIT 20;
\echo 'A notification queue that fills, and who keeps it from emptying:'
SELECT * FROM ops.notify_queue WHERE used_percent > 1;
\echo 'Statements that wait for a lock, and for whom (only sessions you may see):'
SELECT
    pid, application_name, clock_timestamp() - query_start AS waiting,
    pg_blocking_pids(pid) AS waits_for, left(query, 80) AS query
FROM pg_stat_activity
WHERE wait_event_type = 'Lock'
ORDER BY query_start;
\echo -n 'Transactions open for longer than ten seconds: what they hold waits '
\echo '(only sessions you may see):'
SELECT
    pid, usename AS role, application_name, state,
    clock_timestamp() - xact_start AS open_for, left(query, 80) AS query
FROM pg_stat_activity
WHERE backend_type = 'client backend'
    AND xact_start < clock_timestamp() - interval '10 seconds'
ORDER BY xact_start;
\echo 'Searches that nobody was offered for half a minute:'
SELECT session_id, age, round, pairing_deadline FROM ops.open_sessions
WHERE status = 'searching' AND age > interval '30 seconds';
\echo 'Payments that need a person:'
SELECT payment_request_id, amount, status, why, remedy FROM ops.stuck_payments;
\echo 'Rules that do not hold:'
SELECT * FROM ops.invariant_violations;
