"""`migrate`: makes a database as `db/` says: missing migrations first, then all functions, then triggers that changed.

Tables change by migrations; each is applied once, and never edited after its release. Files of functions, views and
triggers hold their newest text: an edit, a changed signature and a removed file take effect at the next run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.postgres.migrations import functions, steps, triggers
from app.postgres.migrations.errors import MigrationError as MigrationError
from app.postgres.migrations.files import DIRECTORY as DIRECTORY
from app.postgres.migrations.files import Files
from app.postgres.migrations.fitness import advice, join_owner, require_fit
from app.postgres.migrations.roles import settle_roles
from app.postgres.migrations.session import Connection, alone, as_owner, connected, prepare, session


@dataclass
class Report:
    """What `migrate` did."""

    migrations: list[str] = field(default_factory=list)
    functions: int = 0
    dropped: list[str] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Functions that a run with `before` could not replace, because their result or argument names changed."""
    advice: list[str] = field(default_factory=list)
    """Statements that the database's owner should run, because nobody else may."""


def migrate(database_url: str, directory: Path = DIRECTORY, *, before: bool = False, drop: bool = False) -> Report:
    """Apply everything in `directory` that the database lacks, and drop functions and triggers no file defines.

    With `before`, it does only what the processes of the last release can live with: it applies steps that are not
    named `*.after.sql`, adds and replaces functions, drops nothing and takes back no right. Files that look incomplete
    are refused, unless `drop` says to drop what they lack.

    Runs alone: a second caller waits for the first, then finds nothing to do. Needs no superuser; the caller must be,
    or be able to become, a member of halo_owner. It can be killed at any moment and run again. Raises MigrationError
    for what a person can repair, if possible before anything is changed, and psycopg.Error when the database can't be
    reached or refuses the login.
    """
    files = Files.read(directory)
    with session(database_url) as conn:
        _require(conn, files, drop=drop)
        all_steps = steps.steps_in(files.migrations)
        join_owner(conn)
        steps.bring_marks_home(conn, all_steps)
        report = Report(steps.apply(conn, all_steps, before=before))
        _load(conn, files, report, before=before)
        report.advice = advice(settle_roles(conn))
    return report


def require_migratable(database_url: str, directory: Path = DIRECTORY) -> None:
    """Refuse what `migrate` refuses before it changes anything. Raises as `migrate` does."""
    with connected(database_url) as conn:
        _require(conn, Files.read(directory), drop=False)


def _require(conn: Connection, files: Files, *, drop: bool) -> None:
    require_fit(conn)
    if not drop:
        files.require_whole(conn)


def load(conn: Connection, directory: Path = DIRECTORY) -> None:
    """Apply only functions and triggers, after yoyo itself has applied migrations (db/migrations/post-apply.py).

    Expects a connection in autocommit mode and outside a transaction.
    """
    files = Files.read(directory)
    prepare(conn)
    with alone(conn):
        files.require_whole(conn)
        _load(conn, files, Report(), before=False)
        settle_roles(conn)


def newest(database_url: str, count: int, directory: Path = DIRECTORY) -> list[str]:
    """The names of the newest `count` migrations that are applied, newest first. Raises as `migrate` does."""
    with _with_marks(database_url, directory) as (conn, all_steps):
        return [step.id for step in steps.newest(conn, all_steps, count)]


def roll_back(
    database_url: str, count: int, directory: Path = DIRECTORY, *, agreed: list[str] | None = None
) -> list[str]:
    """Undo the newest `count` migrations, newest first, and return their names.

    Functions are not put back: `migrate` of the earlier release does that. Raises as `migrate` does, and MigrationError
    when the newest are not those that somebody `agreed` to.
    """
    with _with_marks(database_url, directory) as (conn, all_steps):
        undone = steps.newest(conn, all_steps, count)
        names = [step.id for step in undone]
        if agreed is not None and names != agreed:
            raise MigrationError(f"The newest migrations are {', '.join(names)} by now. Nothing was touched.")
        steps.roll_back(conn, undone)
    return names


@contextmanager
def _with_marks(database_url: str, directory: Path) -> Iterator[tuple[Connection, list[steps.Step]]]:
    all_steps = steps.steps_in(Files.read(directory).migrations)
    with session(database_url) as conn:
        require_fit(conn)
        join_owner(conn)
        steps.bring_marks_home(conn, all_steps)
        yield conn, all_steps


def _load(conn: Connection, files: Files, report: Report, *, before: bool) -> None:
    if before:
        report.left = functions.add(conn, files)
        report.triggers = triggers.add(conn, files)
    else:
        report.dropped = functions.write(conn, files)
        report.triggers, vanished = triggers.write(conn, files)
        report.dropped += vanished
    report.functions = len(files.functions) - len(report.left)
    # The database itself makes the rows that it needs to work.
    with as_owner(conn):
        if conn.execute("SELECT to_regprocedure('core.after_migrate()') IS NOT NULL").fetchone() == (True,):
            conn.execute("SELECT core.after_migrate()")
