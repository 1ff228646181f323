"""Whether a database has been touched."""

STATE = """
WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname IN ('core', 'api', 'ops'))
SELECT 'function', oid, xmin::text FROM pg_proc WHERE pronamespace IN (TABLE ours)
UNION ALL SELECT 'relation', oid, xmin::text FROM pg_class WHERE relnamespace IN (TABLE ours)
UNION ALL SELECT 'trigger', oid, xmin::text FROM pg_trigger
UNION ALL SELECT 'grant', roleid, member::text FROM pg_auth_members
UNION ALL SELECT 'schema', oid, xmin::text FROM pg_namespace WHERE nspname !~ '^pg_'
ORDER BY 1, 2, 3
"""
"""Names each thing of ours and the transaction that wrote it last."""
