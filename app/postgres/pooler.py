"""Whether the way to PostgreSQL keeps a session: LISTEN and `migrate` need one, and a transaction pooler gives none."""

import psycopg

_BACKEND = "SELECT pg_backend_pid()"


def lends_backends(dsn: str) -> bool:
    """Whether a pooler in transaction or statement mode stands before PostgreSQL, which must be running.

    A connection straight to PostgreSQL is told at login which backend serves it: one look is enough. Behind any other
    the same backend is asked for by two connections that are open at once: only a pooler that lends a backend for each
    transaction lets them share one, or lets a connection change its own. Raises psycopg.OperationalError as `connect`.
    """
    with psycopg.connect(dsn, autocommit=True) as first:
        backend = _backend(first)
        if backend == first.info.backend_pid:
            return False
        with psycopg.connect(dsn, autocommit=True) as second:
            try:
                with second.transaction():
                    return _backend(second) == backend or _backend(first) != backend
            except psycopg.errors.ProtocolViolation:
                return True  # in statement mode a pooler refuses transactions


def _backend(conn: psycopg.Connection) -> int:
    row = conn.execute(_BACKEND).fetchone()
    assert row is not None, "a SELECT without FROM has a row"
    return int(row[0])
