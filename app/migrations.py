"""Brings a database to what `db/` says: yoyo's migrations, then every function, then the triggers that changed.

Tables change by migrations, each applied once and never edited after its release. Functions and triggers are files that
hold their newest text: an edit, a changed signature and a removed file all take effect at the next `migrate`.
"""

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
import stamina
import yoyo
from psycopg import sql
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri
from yoyo.migrations import default_migration_table

from app.database import with_defaults

logger = logging.getLogger(__name__)

DIRECTORY = Path(__file__).parents[1] / "db"
SCHEMAS = ["core", "api", "ops"]

# Whoever holds this advisory lock changes the schema; chosen once, for this program alone.
_LOCK = 4_854_414_208
_LOCK_WAIT_SECONDS = 300
_MIGRATION_LOCK_WAIT_SECONDS = 5
# A trigger file locks its table, and everybody queues behind whoever waits for a lock: short waits, many tries.
_TRIGGER_TRIES = 30

_DEFINES_FUNCTION = re.compile(r"\bCREATE\s+OR\s+REPLACE\s+(?:FUNCTION|PROCEDURE)\s+(\w+)\.(\w+)", re.IGNORECASE)
_DEFINES_TRIGGER = re.compile(
    r"\bCREATE\s+OR\s+REPLACE\s+(?:CONSTRAINT\s+)?TRIGGER\s+(\w+)\b.*?\bON\s+(\w+\.\w+)", re.IGNORECASE | re.DOTALL
)

Connection = psycopg.Connection[tuple[Any, ...]]


class MigrationError(Exception):
    """A file of `db/` that the database would not take; the message names the file and the line."""

    def __init__(self, path: Path, text: str, cause: psycopg.Error) -> None:
        super().__init__(f"{path}: {_explain(cause, text)}")
        self.path = path
        # PostgreSQL can't replace a function whose result or argument names changed, and hints at dropping it.
        self.wants_drop = isinstance(cause, psycopg.errors.InvalidFunctionDefinition) and "DROP " in (
            cause.diag.message_hint or ""
        )


@dataclass
class Report:
    """What `migrate` did."""

    migrations: list[str] = field(default_factory=list)
    functions: int = 0
    dropped: list[str] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)


def migrate(database_url: str, directory: Path = DIRECTORY) -> Report:
    """Apply everything in `directory` that the database lacks, and drop functions and triggers no file defines.

    Runs alone: a second caller waits for the first, then finds nothing left to do. Needs no superuser; the caller must
    be, or be able to become, a member of `halo_owner`. Raises MigrationError for a file that fails, and psycopg.Error
    when the database can't be reached or does not let the caller in.
    """
    report = Report()
    with psycopg.connect(with_defaults(database_url, name="halobestie-migrate"), autocommit=True) as conn, _alone(conn):
        report.migrations = _apply_migrations(database_url, directory / "migrations")
        report.functions, report.dropped = _apply_functions(conn, directory)
        report.triggers, vanished = _apply_triggers(conn, directory / "triggers")
        report.dropped += vanished
        _after_migrate(conn)
    return report


def load(conn: Connection, directory: Path = DIRECTORY) -> None:
    """Apply functions and triggers alone, for whoever applied migrations by yoyo itself (db/migrations/post-apply.py).

    Expects a connection in autocommit mode and outside a transaction.
    """
    with _alone(conn):
        _apply_functions(conn, directory)
        _apply_triggers(conn, directory / "triggers")
        _after_migrate(conn)


def roll_back(database_url: str, count: int, directory: Path = DIRECTORY) -> list[str]:
    """Undo the newest `count` migrations, newest first, and return their names.

    Functions are not put back: the release one returns to does that by its own `migrate`.
    """
    with psycopg.connect(with_defaults(database_url, name="halobestie-migrate"), autocommit=True) as conn, _alone(conn):
        return _roll_back(database_url, count, directory / "migrations")


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo has no types
    """yoyo's own, with a bound on lock waits.

    Whoever waits for a lock makes everybody behind it wait too; a migration that can't have its lock fails whole.
    """

    def init_connection(self, connection: Connection) -> None:
        super().init_connection(connection)
        connection.execute(f"SET lock_timeout = '{_MIGRATION_LOCK_WAIT_SECONDS}s'")


@contextmanager
def _backend(database_url: str) -> Iterator[_Backend]:
    uri = urlunsplit(urlsplit(database_url)._replace(scheme="postgresql+psycopg"))
    backend = _Backend(parse_uri(uri), default_migration_table)
    backend.init_database()
    with backend:
        yield backend


@contextmanager
def _alone(conn: Connection) -> Iterator[None]:
    # Asked for again and again, not waited for: CREATE INDEX CONCURRENTLY waits for every statement that is running.
    taken = psycopg.errors.LockNotAvailable
    for attempt in stamina.retry_context(on=taken, attempts=None, timeout=_LOCK_WAIT_SECONDS, wait_max=1.0):
        with attempt:
            if conn.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone() != (True,):
                raise taken("another process has been changing the schema for minutes")
    try:
        yield
    finally:
        if not conn.closed:
            conn.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _roll_back(database_url: str, count: int, directory: Path) -> list[str]:
    with _backend(database_url) as backend:
        backend.break_lock()
        undone = backend.to_rollback(yoyo.read_migrations(str(directory)))[:count]
        for migration in undone:
            try:
                backend.rollback_one(migration)
            except psycopg.Error as error:
                raise MigrationError(Path(migration.path).with_suffix(".rollback.sql"), "", error) from error
        return [migration.id for migration in undone]


def _apply_migrations(database_url: str, directory: Path) -> list[str]:
    with _backend(database_url) as backend:
        # yoyo's lock is a row that outlives whoever died holding it. Ours is held, so nobody alive holds that one.
        backend.break_lock()
        wanted = backend.to_apply(yoyo.read_migrations(str(directory)))
        for migration in wanted:
            logger.info("applying migration %s", migration.id)
            try:
                backend.apply_one(migration)
            except psycopg.Error as error:
                raise MigrationError(Path(migration.path), "", error) from error
        return [migration.id for migration in wanted]


def _apply_functions(conn: Connection, directory: Path) -> tuple[int, list[str]]:
    """Every function and view in one transaction: callers see either all of the old ones or all of the new ones."""
    functions = _texts(sorted((directory / "functions").rglob("*.sql")))
    views = _texts(sorted((directory / "views").glob("*.sql")))
    replaced: set[Path] = set()
    while True:
        try:
            for attempt in _patience():
                with attempt, _as_owner(conn, lock_wait_ms=_lock_wait_ms(attempt.num)):
                    return len(functions), _write_functions(conn, directory, functions, views, replaced)
        except MigrationError as error:
            # PostgreSQL replaces a function only when result and argument names stay. The transaction begins anew and
            # drops this one first; a savepoint instead would change the mark that tells stale functions apart.
            if error.path in replaced or not error.wants_drop:
                raise
            replaced.add(error.path)


def _write_functions(
    conn: Connection, directory: Path, functions: Mapping[Path, str], views: Mapping[Path, str], replaced: set[Path]
) -> list[str]:
    # Bodies are checked when they first run, so that the order of the files does not matter.
    conn.execute("SET LOCAL check_function_bodies = off")
    # Views are made anew each time, because they hold on to the functions and columns they were made from.
    _drop_views(conn)
    _take_back_rights(conn)
    for path, text in functions.items():
        if path in replaced:
            _drop_functions_of(conn, path, text)
        _execute(conn, path, text)
    dropped = _drop_unwritten_functions(conn, directory)
    for path, text in views.items():
        _execute(conn, path, text)
    return dropped


def _take_back_rights(conn: Connection) -> None:
    """Leave the programs no right but those that the files give anew: replacing a function keeps what it had.

    In a savepoint, whose mark is not the transaction's: a function that no file writes still counts as unwritten.
    """
    names = [
        row[0]
        for row in conn.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p"
            " WHERE p.pronamespace = ANY (SELECT to_regnamespace(s) FROM unnest(%s::text[]) s)"
            " AND p.prorettype <> 'trigger'::regtype ORDER BY 1",
            [SCHEMAS],
        )
    ]
    if names:
        with conn.transaction():
            programs = " FROM halo_app, halo_listener, halo_cc"
            conn.execute(("REVOKE EXECUTE ON ROUTINE " + ", ".join(names) + programs).encode())


def _drop_views(conn: Connection) -> None:
    names = [
        row[0]
        for row in conn.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'v' AND n.nspname = ANY (%s) ORDER BY 1",
            [SCHEMAS],
        )
    ]
    if names:
        conn.execute(("DROP VIEW " + ", ".join(names)).encode())


def _execute(conn: Connection, path: Path, text: str) -> None:
    try:
        conn.execute(text.encode())
    except psycopg.errors.LockNotAvailable:
        raise
    except psycopg.Error as error:
        raise MigrationError(path, text, error) from error


def _drop_functions_of(conn: Connection, path: Path, text: str) -> None:
    for schema, name in _DEFINES_FUNCTION.findall(text):
        _drop_routines(
            conn,
            path,
            "SELECT p.oid::regprocedure::text FROM pg_proc p"
            " WHERE p.pronamespace = to_regnamespace(%s) AND p.proname = %s",
            [schema, name],
        )


def _drop_unwritten_functions(conn: Connection, directory: Path) -> list[str]:
    """Drop what this transaction did not write: functions whose file is gone, and old signatures.

    Trigger functions belong to the trigger files, which are not applied here.
    """
    return _drop_routines(
        conn,
        directory,
        "SELECT p.oid::regprocedure::text FROM pg_proc p"
        " WHERE p.pronamespace = ANY (SELECT to_regnamespace(s) FROM unnest(%s::text[]) s)"
        " AND p.xmin <> pg_current_xact_id()::xid AND p.prorettype <> 'trigger'::regtype"
        " ORDER BY 1",
        [SCHEMAS],
    )


def _drop_routines(conn: Connection, path: Path, query: LiteralString, params: list[Any]) -> list[str]:
    names = [row[0] for row in conn.execute(query, params)]
    if names:
        # All in one statement, because they may depend on each other; on anything else they must not.
        _execute(conn, path, "DROP ROUTINE " + ", ".join(names))
    return names


def _apply_triggers(conn: Connection, directory: Path) -> tuple[list[str], list[str]]:
    """Apply the trigger files whose text changed or whose triggers are missing, and drop what no file defines.

    Each in a transaction of its own with a short wait for its table's lock, tried again when the table is busy.
    """
    files = {path.name: path for path in sorted(directory.glob("*.sql"))}
    texts = {path.name: text for path, text in _texts(files.values()).items()}
    with _as_owner(conn):
        known = {name: bytes(digest) for name, digest in conn.execute("SELECT path, sha256 FROM core.applied_files")}
        applied = [
            name for name, text in texts.items() if known.get(name) != _digest(text) or _lacks_triggers(conn, text)
        ]
    for name in applied:
        for attempt in _patience():
            with attempt, _as_owner(conn, lock_wait_ms=_lock_wait_ms(attempt.num)):
                _apply_trigger_file(conn, files[name], texts[name])
    defined = {f"{schema}.{name}" for text in texts.values() for schema, name in _DEFINES_FUNCTION.findall(text)}
    stale = [function for function in _trigger_functions(conn) if function not in defined]
    for function in stale:
        for attempt in _patience():
            with attempt, _as_owner(conn, lock_wait_ms=_lock_wait_ms(attempt.num)):
                _drop_triggers(
                    conn,
                    "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
                    " WHERE NOT tgisinternal AND tgparentid = 0 AND tgfoid = to_regproc(%s)",
                    [function],
                )
                conn.execute(f"DROP FUNCTION {function}()".encode())
    with _as_owner(conn):
        conn.execute("DELETE FROM core.applied_files WHERE NOT path = ANY (%s)", [list(files)])
    return applied, stale


def _apply_trigger_file(conn: Connection, path: Path, text: str) -> None:
    _execute(conn, path, text)
    # A trigger that the file no longer makes still calls a function that it just wrote.
    _drop_triggers(
        conn,
        "SELECT t.tgname, t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE NOT t.tgisinternal AND t.tgparentid = 0"
        " AND p.xmin = pg_current_xact_id()::xid AND t.xmin <> pg_current_xact_id()::xid",
        [],
    )
    conn.execute(
        "INSERT INTO core.applied_files (path, sha256) VALUES (%s, %s)"
        " ON CONFLICT (path) DO UPDATE SET sha256 = EXCLUDED.sha256, applied_at = clock_timestamp()",
        [path.name, _digest(text)],
    )


def _drop_triggers(conn: Connection, query: LiteralString, params: list[Any]) -> None:
    for name, table in conn.execute(query, params).fetchall():
        conn.execute(sql.SQL("DROP TRIGGER {} ON ").format(sql.Identifier(name)).as_bytes(conn) + table.encode())


def _lacks_triggers(conn: Connection, text: str) -> bool:
    """Whether something the file makes is not there, because its table was made anew since."""
    wanted = _DEFINES_TRIGGER.findall(text)
    names, tables = [name for name, _ in wanted], [table for _, table in wanted]
    found = conn.execute(
        "SELECT count(*) FROM unnest(%s::text[], %s::text[]) w (name, tab)"
        " JOIN pg_trigger t ON t.tgname = w.name AND t.tgrelid = to_regclass(w.tab)",
        [names, tables],
    ).fetchone()
    functions = conn.execute(
        "SELECT count(*) FROM unnest(%s::text[]) f WHERE to_regproc(f) IS NULL",
        [[f"{schema}.{name}" for schema, name in _DEFINES_FUNCTION.findall(text)]],
    ).fetchone()
    return found != (len(wanted),) or functions != (0,)


def _trigger_functions(conn: Connection) -> list[str]:
    rows = conn.execute(
        "SELECT format('%%I.%%I', n.nspname, p.proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = ANY (%s) AND p.prorettype = 'trigger'::regtype ORDER BY 1",
        [SCHEMAS],
    )
    return [row[0] for row in rows]


def _after_migrate(conn: Connection) -> None:
    """What rows the database needs to work, as the database itself says."""
    with _as_owner(conn):
        row = conn.execute("SELECT to_regprocedure('core.after_migrate()') IS NOT NULL").fetchone()
        if row == (True,):
            conn.execute("SELECT core.after_migrate()")


@contextmanager
def _as_owner(conn: Connection, *, lock_wait_ms: int = 0) -> Iterator[None]:
    """One transaction as halo_owner, who then owns whatever it makes."""
    with conn.transaction():
        conn.execute("SET LOCAL ROLE halo_owner")
        conn.execute("SELECT set_config('lock_timeout', %s, true)", [str(lock_wait_ms)])
        yield


def _patience() -> Iterator[stamina.Attempt]:
    return stamina.retry_context(
        on=(psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected),
        attempts=_TRIGGER_TRIES,
        timeout=None,
        wait_initial=0.1,
        wait_max=1.0,
    ).__iter__()


def _lock_wait_ms(attempt: int) -> int:
    return min(200 * attempt, 2000)


def _texts(paths: Iterable[Path]) -> dict[Path, str]:
    return {path: path.read_text() for path in paths}


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _explain(error: psycopg.Error, text: str) -> str:
    """What PostgreSQL said, and in which line where it knows."""
    words = [error.diag.message_primary or str(error)]
    position = error.diag.statement_position
    if position is not None:
        words.insert(0, f"line {text.count(chr(10), 0, int(position) - 1) + 1}")
    words += [extra for extra in (error.diag.message_detail, error.diag.message_hint, error.diag.context) if extra]
    return ": ".join(words)
