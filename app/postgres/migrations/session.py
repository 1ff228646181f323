"""The one session in which everything is done: nothing of a killed `migrate` goes on after its lock is gone."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import stamina

from app.postgres.database import SESSION, with_defaults
from app.postgres.migrations.errors import FileError, MigrationError
from app.postgres.pooler import lends_backends

Connection = psycopg.Connection[tuple[Any, ...]]

T = TypeVar("T")

SCHEMAS = ["core", "api", "ops"]

# Whoever holds this advisory lock changes the schema; chosen once, for this program alone.
_LOCK = 4_854_414_208
_LOCK_WAIT_SECONDS = 300
# A file that locks its table waits shortly and often, because everybody queues behind a waiting lock.
_LOCK_TRIES = 30
BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
"""What passes by itself: others hold the locks."""
# What holds whatever the server, the database or the role says. A step may take long, but not make others wait for a
# lock: it fails whole. PostgreSQL ends a statement within a second when whoever sent it is gone.
_SETTINGS = {
    **SESSION,
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "5s",
    "client_connection_check_interval": "1s",
    "client_min_messages": "warning",
    "default_tablespace": "",
    "default_table_access_method": "heap",
}


@contextmanager
def session(database_url: str) -> Iterator[Connection]:
    """A session in autocommit mode that no other `migrate` has beside it.

    Raises psycopg.Error when the database can't be reached, and MigrationError when a pooler would give each statement
    another session, or when somebody else changes the schema for minutes.
    """
    dsn = with_defaults(database_url, name="halobestie-migrate")
    if lends_backends(dsn):
        raise MigrationError(
            "DATABASE_URL leads to a pooler that lends a backend for one transaction only:"
            " give `migrate` an address of PostgreSQL itself, or of a pool in session mode."
        )
    with psycopg.connect(dsn, autocommit=True) as conn:
        prepare(conn)
        with alone(conn):
            yield conn


def prepare(conn: Connection) -> None:
    """Give a session the settings and the role that every step expects at its start."""
    conn.execute("RESET ROLE; SET statement_timeout = 0")
    conn.execute(
        "SELECT set_config(wanted.name, wanted.value, false)"
        " FROM unnest(%s::text[], %s::text[]) AS wanted (name, value) JOIN pg_catalog.pg_settings USING (name)",
        [list(_SETTINGS), list(_SETTINGS.values())],
    )


@contextmanager
def alone(conn: Connection) -> Iterator[None]:
    """Hold the lock of whoever changes the schema."""
    # Asked for again and again, not waited for: CREATE INDEX CONCURRENTLY waits for every statement that is running.
    for attempt in stamina.retry_context(on=MigrationError, attempts=None, timeout=_LOCK_WAIT_SECONDS, wait_max=1.0):
        with attempt:
            if conn.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone() != (True,):
                raise MigrationError("Another process has been changing the schema for minutes: wait until it ends.")
    try:
        yield
    finally:
        if not conn.closed:
            conn.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


@contextmanager
def as_owner(conn: Connection, *, lock_wait_ms: int = 0) -> Iterator[None]:
    """One transaction as halo_owner, who then owns whatever it makes."""
    with conn.transaction():
        conn.execute("SET LOCAL ROLE halo_owner")
        conn.execute("SELECT set_config('lock_timeout', %s, true)", [str(lock_wait_ms)])
        yield


def tries_while_busy() -> Iterable[stamina.Attempt]:
    """Attempts at what locks tables, as long as they are taken."""
    return stamina.retry_context(on=BUSY, attempts=_LOCK_TRIES, timeout=None, wait_initial=0.1, wait_max=1.0)


def lock_wait_ms(attempt: stamina.Attempt) -> int:
    """How long an attempt waits for its locks: each longer than the last."""
    return min(200 * attempt.num, 2000)


def patiently(conn: Connection, work: Callable[[], T]) -> T:
    """Run `work` in one transaction as halo_owner; again, with a longer wait for its locks, while they are taken."""
    for attempt in tries_while_busy():
        with attempt, as_owner(conn, lock_wait_ms=lock_wait_ms(attempt)):
            return work()
    raise AssertionError("stamina either returns or raises")


def execute(conn: Connection, path: Path, text: str) -> list[str]:
    """Run a file's text; what the first column holds of the rows it returns, if any.

    Raises FileError, which names the file; BUSY is let through.
    """
    try:
        cursor = conn.execute(text.encode())
        return [row[0] for row in cursor] if cursor.description else []
    except BUSY:
        raise
    except psycopg.Error as error:
        raise FileError(path, text, error) from error
