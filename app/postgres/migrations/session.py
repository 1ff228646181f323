"""The session in which `migrate` does everything: when it is killed, its lock and its work end together."""

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

# The holder of this advisory lock changes the schema; the number was chosen once, for this program alone.
_LOCK = 4_854_414_208
_LOCK_WAIT_SECONDS = 300
# A file that locks its table waits briefly and often, because all others queue behind a lock that waits.
_LOCK_TRIES = 30
BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
"""Others hold the locks; a later try may succeed."""
# Whatever the settings of server, database and role. A step may take long, but must not make others wait for its lock:
# then it fails as a whole. PostgreSQL ends a statement within a second after its client is gone.
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
    """A session in autocommit mode, during which no other `migrate` runs.

    Raises psycopg.Error when the database can't be reached, and MigrationError when a pooler would give each statement
    another session, or when another process changes the schema for minutes.
    """
    with connected(database_url) as conn, alone(conn):
        yield conn


@contextmanager
def connected(database_url: str) -> Iterator[Connection]:
    """The same, while another `migrate` may run."""
    dsn = with_defaults(database_url, name="halobestie-migrate")
    if lends_backends(dsn):
        raise MigrationError(
            "DATABASE_URL leads to a pooler that lends a backend for one transaction only:"
            " give `migrate` an address of PostgreSQL itself, or of a pool in session mode."
        )
    with psycopg.connect(dsn, autocommit=True) as conn:
        prepare(conn)
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
    """Hold the lock for changes of the schema, which one process has at a time."""
    # Tried again and again: a statement that waits would hold up CREATE INDEX CONCURRENTLY of the other process.
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
    """One transaction as halo_owner, which then owns all that the transaction makes."""
    with conn.transaction():
        conn.execute("SET LOCAL ROLE halo_owner")
        conn.execute("SELECT set_config('lock_timeout', %s, true)", [str(lock_wait_ms)])
        yield


def tries_while_busy() -> Iterable[stamina.Attempt]:
    """Attempts at work that locks tables, while others hold the locks."""
    return stamina.retry_context(on=BUSY, attempts=_LOCK_TRIES, timeout=None, wait_initial=0.1, wait_max=1.0)


def lock_wait_ms(attempt: stamina.Attempt) -> int:
    """How long an attempt waits for its locks; each attempt waits longer than the last."""
    return min(200 * attempt.num, 2000)


def patiently(conn: Connection, work: Callable[[], T]) -> T:
    """Run `work` in one transaction as halo_owner; while others hold its locks, again with a longer wait."""
    for attempt in tries_while_busy():
        with attempt, as_owner(conn, lock_wait_ms=lock_wait_ms(attempt)):
            return work()
    raise AssertionError("stamina either returns or raises")


def execute(conn: Connection, path: Path, text: str) -> list[str]:
    """Run a file's text. Returns the first column of its rows, if it has rows.

    Raises FileError, which names the file; errors of BUSY are raised as they are.
    """
    try:
        cursor = conn.execute(text.encode())
        return [row[0] for row in cursor] if cursor.description else []
    except BUSY:
        raise
    except psycopg.Error as error:
        raise FileError(path, text, error) from error
