CREATE OR REPLACE FUNCTION api.end_stuck_sessions(p_seconds double precision)
RETURNS TABLE (pid integer, role text, application_name text, state text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('seconds', p_seconds::text);
WITH stuck AS MATERIALIZED (        -- judged before anybody is ended
    SELECT
        session.pid, session.usename::text AS role, session.application_name,
        coalesce(session.wait_event, session.state) AS state
    FROM pg_catalog.pg_stat_activity AS session
    JOIN unnest(ARRAY['halo_app', 'halo_listener', 'halo_cc', 'halo_readonly', 'halo_dba'])
        AS ours (role) ON ours.role = session.usename
    WHERE session.pid <> pg_backend_pid()
        AND (session.wait_event = 'ClientWrite' OR session.state LIKE 'idle in transaction%')
        AND session.state_change < clock_timestamp() - make_interval(secs => p_seconds)
        AND pg_has_role(session.usesysid, 'USAGE')
)
SELECT stuck.pid, stuck.role, stuck.application_name, stuck.state
FROM stuck
WHERE pg_terminate_backend(stuck.pid)
$$;

COMMENT ON FUNCTION api.end_stuck_sessions(double precision) IS $$
Ends the sessions of our roles, in every database of the server, that have done nothing for
p_seconds but wait for their client: within a transaction, or with an answer that the client does
not read. A stuck session that listens keeps the notification queue from emptying, and PostgreSQL
does not tell which sessions listen. Called when the queue fills. Returns the sessions it ended,
and what each was doing.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.end_stuck_sessions(double precision) TO halo_listener;
