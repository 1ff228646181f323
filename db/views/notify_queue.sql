CREATE VIEW ops.notify_queue AS
SELECT
    round((queue.used * 100)::numeric, 3) AS used_percent,
    session.pid, session.usename AS role, session.application_name,
    CASE WHEN session.application_name = 'halobestie-listen' OR session.query ILIKE 'listen %'
        THEN 'listens' ELSE 'oldest transaction' END AS what,
    session.state, session.wait_event, clock_timestamp() - session.xact_start AS in_transaction_for
FROM (SELECT pg_notification_queue_usage() AS used) AS queue
LEFT JOIN pg_stat_activity AS session ON session.pid <> pg_backend_pid() AND (
    session.application_name = 'halobestie-listen' OR session.query ILIKE 'listen %'
    OR session.xact_start = (
        SELECT min(other.xact_start) FROM pg_stat_activity AS other
        WHERE other.backend_type = 'client backend' AND other.pid <> pg_backend_pid()))
ORDER BY session.xact_start, session.backend_start, session.pid;

COMMENT ON VIEW ops.notify_queue IS $$
How full PostgreSQL's one notification queue is, who listens (the listener's session by its name,
others by their last statement), and the oldest transaction. A session that listens and stays in a
transaction, or does not read what it was sent (wait_event ClientWrite), keeps the queue from
emptying. PostgreSQL shows state, wait_event and times of other roles' sessions only to members of
pg_read_all_stats.
$$;
