"""Checks, before a process opens a port, that the database has all that it needs; otherwise the process does not start.

A database that has more is right, too: while a release is replaced by the next, the functions of both are there.
"""

import re

import psycopg

from app.observability.faults import words
from app.postgres.database import with_defaults
from app.postgres.migrations.files import DIRECTORY, Files
from app.settings import SettingsError
from app.sql.function import sql_functions

ROLES = {"api": "halo_app", "internal": "halo_cc", "listener": "halo_listener"}
"""The role of each process."""

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
SELECT current_user, min(barred.name)
FROM (
    SELECT 'api.' || p.proname FROM pg_proc AS p
    WHERE p.pronamespace = to_regnamespace('api') AND 'api.' || p.proname = ANY (%s)
    GROUP BY p.proname
    HAVING NOT bool_or(has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege('api', 'USAGE'))
) AS barred (name)
"""

# PostgreSQL's and PgBouncer's words for a wrong password, role or database; libpq tells no code at a connection.
_REFUSED = re.compile(
    r"password authentication failed|no password supplied|no pg_hba\.conf entry|no such (user|database)"
    r"|(role|database) \".*\" does not exist"
)


def require_database(dsn: str, *, process: str) -> None:
    """Refuse a database that lacks a function of this release, or a user that may not call all that the role should.

    What the role of a process should be able to call is what the files of `db/functions` grant.

    So it does when PostgreSQL knows no such password, role or database. While PostgreSQL is away it refuses nothing:
    the process waits for PostgreSQL. Raises SettingsError.
    """
    role = ROLES[process]
    try:
        with psycopg.connect(with_defaults(dsn, name=f"halobestie-{process}"), autocommit=True) as conn:
            needed = sql_functions()
            parameters = [",".join(function.parameters) for function in needed]
            lacks = [row[0] for row in conn.execute(_LACKS, [[function.name for function in needed], parameters])]
            granted = [name for name, to in Files.read(DIRECTORY).rights if to == role]
            user, forbidden = conn.execute(_MAY_NOT, [granted]).fetchone() or ("", None)
    except psycopg.OperationalError as error:
        said = words(error)
        if _REFUSED.search(said):
            raise SettingsError([f"DATABASE_URL: {' '.join(said.split())}"]) from None
        return
    if lacks:
        more = "" if len(lacks) == 1 else f" and {len(lacks) - 1} more functions"
        raise SettingsError([f"DATABASE_URL: the database lacks {lacks[0]}{more}: run `halobestie migrate` first"])
    if forbidden and user == role:
        raise SettingsError([f"DATABASE_URL: {user} may not call {forbidden}: run `halobestie migrate` first"])
    if forbidden:
        raise SettingsError([f"DATABASE_URL: {user} may not call what {process} calls: connect as {role}"])
