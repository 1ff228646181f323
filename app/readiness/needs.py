"""Checks, before a process opens a port, that the database has all that it needs; otherwise the process does not start.

A database that has more is right, too: while a release is replaced by the next, the functions of both are there.
"""

import psycopg

from app.postgres.database import with_defaults
from app.settings import SettingsError
from app.sql.function import sql_functions

_LACKS = """
SELECT DISTINCT needed.name
FROM unnest(%s::text[], %s::text[]) AS needed (name, parameters)
WHERE NOT EXISTS (
    SELECT FROM pg_proc AS p
    WHERE p.pronamespace = to_regnamespace('api') AND 'api.' || p.proname = needed.name
        AND string_to_array(needed.parameters, ',') <@ coalesce(p.proargnames, '{}')
)
ORDER BY 1
"""
_MAY_NOT = """
SELECT current_user, count(*)
FROM pg_proc AS p
CROSS JOIN pg_roles AS role
WHERE p.pronamespace = to_regnamespace('api') AND role.rolname = %s
    AND has_function_privilege(role.oid, p.oid, 'EXECUTE')
    AND NOT (has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege('api', 'USAGE'))
"""


def require_database(dsn: str, *, process: str, role: str) -> None:
    """Refuse a database that lacks a function of this release, or a user that may not call all that `role` may.

    While PostgreSQL is away it refuses nothing: the process waits for PostgreSQL. Raises SettingsError.
    """
    try:
        with psycopg.connect(with_defaults(dsn, name=f"halobestie-{process}"), autocommit=True) as conn:
            needed = sql_functions()
            parameters = [",".join(function.parameters) for function in needed]
            lacks = [row[0] for row in conn.execute(_LACKS, [[function.name for function in needed], parameters])]
            user, forbidden = conn.execute(_MAY_NOT, [role]).fetchone() or ("", 0)
    except psycopg.OperationalError:
        return
    if lacks:
        more = "" if len(lacks) == 1 else f" and {len(lacks) - 1} more functions"
        raise SettingsError([f"DATABASE_URL: the database lacks {lacks[0]}{more}: run `halobestie migrate` first"])
    if forbidden:
        raise SettingsError([f"DATABASE_URL: {user} may not call what {process} calls: connect as {role}"])
