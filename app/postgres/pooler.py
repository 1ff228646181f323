"""Whether a pooler lends backends by transaction: LISTEN and `migrate` need a session, which it does not give."""

import psycopg

POOLED = (
    "the session is not ours alone: a pooler lends a backend for one transaction only."
    " Set LISTEN_DATABASE_URL to an address of PostgreSQL itself, or of a pool in session mode."
)
"""What is wrong where LISTEN goes through such a pooler."""

_BACKEND = "SELECT pg_backend_pid()"


def lends_backends(dsn: str) -> bool:
    """Whether a pooler in transaction or statement mode is between here and PostgreSQL, which must be running.

    PostgreSQL says at login which backend serves a connection. If the same backend answers a query, there is no pooler.
    Otherwise two connections are opened at once: only a pooler that lends a backend for each transaction lets both use
    the same backend, or lets one of them change its backend. Raises psycopg.OperationalError, as `connect` does.
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
