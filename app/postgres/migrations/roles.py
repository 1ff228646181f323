"""The settings and rights of our roles in this database: given as far as the caller may, and the rest returned."""

from contextlib import suppress

import psycopg

from app.postgres.migrations.session import Connection, as_owner

# The caller may not give it; or the role is itself a member of halo_owner; or another database's `migrate` gives the
# same at the same moment, and then it is given as well.
_MAY_FAIL = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.InvalidGrantOperation,
    psycopg.errors.UniqueViolation,
    psycopg.errors.InternalError,
)


def missing_role_statements(conn: Connection) -> list[str]:
    """What the roles lack, as statements. Source: api.missing_role_statements."""
    return [row[0] for row in conn.execute("SELECT statement FROM api.missing_role_statements()")]


def settle_roles(conn: Connection) -> list[str]:
    """Give our roles what they lack, as far as the caller may. Returns the statements that are left."""
    for statement in _left(conn):
        with suppress(*_MAY_FAIL):
            conn.execute(statement.encode())
    return _left(conn)


def _left(conn: Connection) -> list[str]:
    with as_owner(conn):
        row = conn.execute("SELECT to_regprocedure('api.missing_role_statements()') IS NOT NULL").fetchone()
        return missing_role_statements(conn) if row == (True,) else []
