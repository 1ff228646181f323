CREATE OR REPLACE FUNCTION core.role_settings()
RETURNS TABLE (role text, name text, value text)
LANGUAGE sql IMMUTABLE
AS $$
-- A host that vanished is noticed within seconds, so that its locks go with it. A statement has one
-- processor: what reads much leaves the others to the accepts beside it.
WITH everybody (name, value) AS (
    VALUES
        ('jit', 'off'),
        ('max_parallel_workers_per_gather', '0'),
        ('lock_timeout', '4s'),
        ('tcp_keepalives_idle', '5'),
        ('tcp_keepalives_interval', '2'),
        ('tcp_keepalives_count', '3'),
        ('tcp_user_timeout', '10s')
),
-- Programs read values in one spelling, whatever the server's settings are.
programs (name, value) AS (
    VALUES
        ('TimeZone', 'UTC'),
        ('DateStyle', 'ISO, MDY'),
        ('IntervalStyle', 'postgres'),
        ('standard_conforming_strings', 'on'),
        ('bytea_output', 'hex'),
        ('extra_float_digits', '1'),
        ('search_path', ''),
        ('default_transaction_isolation', 'read committed')
),
limits (role, is_program, statement, idle) AS (
    VALUES
        ('halo_app', true, '15s', '5s'),
        ('halo_cc', true, '5s', '5s'),
        ('halo_listener', true, '30s', '5s'),
        ('halo_readonly', false, '60s', '60s'),
        ('halo_dba', false, '10min', '60s')
)
SELECT limits.role, everybody.name, everybody.value FROM limits CROSS JOIN everybody
UNION ALL
SELECT limits.role, programs.name, programs.value
FROM limits CROSS JOIN programs WHERE limits.is_program
UNION ALL
SELECT limits.role, 'statement_timeout', limits.statement FROM limits
UNION ALL
SELECT limits.role, 'idle_in_transaction_session_timeout', limits.idle FROM limits
$$;

COMMENT ON FUNCTION core.role_settings() IS $$
The settings of every session of our roles in our database, also a session that a pooler opened:
after which time it gives up on a statement or a lock, and when it is ended, because it stands
still in a transaction or its host vanished; for programs also how values are written. The programs
set the same in each session of their own (app/postgres/database.py).
$$;
