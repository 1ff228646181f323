"""The steps of `db/migrations/`, each applied once, in the order of their names.

Files and marks have yoyo's form, so that yoyo can be used as well; but this module applies them. yoyo runs a step on
one connection and marks it as applied on another: after it dies between the two, the database can't be migrated.
"""

import logging
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from yoyo.migrations import get_migration_hash, read_sql_migration

from app.postgres.migrations.errors import FileError, MigrationError
from app.postgres.migrations.session import BUSY, Connection, as_owner, execute, lock_wait_ms, prepare, tries_while_busy

logger = logging.getLogger(__name__)

# The tables of marks, as yoyo makes them.
_MARKS = """
CREATE TABLE IF NOT EXISTS core._yoyo_migration (
    migration_hash varchar(64) PRIMARY KEY, migration_id varchar(255), applied_at_utc timestamp
);
CREATE TABLE IF NOT EXISTS core._yoyo_log (
    id varchar(36) PRIMARY KEY, migration_hash varchar(64), migration_id varchar(255), operation varchar(10),
    username varchar(255), hostname varchar(255), comment varchar(255), created_at_utc timestamp
);
CREATE TABLE IF NOT EXISTS core._yoyo_version (version integer PRIMARY KEY, installed_at_utc timestamp);
INSERT INTO core._yoyo_version VALUES (2, now() AT TIME ZONE 'UTC') ON CONFLICT DO NOTHING;
COMMENT ON TABLE core._yoyo_migration IS 'The migrations that are applied; yoyo''s table.';
COMMENT ON TABLE core._yoyo_log IS 'Which migration was applied or rolled back, when and by whom; yoyo''s table.';
COMMENT ON TABLE core._yoyo_version IS 'The form of the other two; yoyo''s table.';
"""
_FIND_MARKS = """
SELECT format('%I', n.nspname) AS schema, format('%I', pg_get_userbyid(c.relowner)) AS owner,
    has_table_privilege(c.oid, 'SELECT') AS is_readable, pg_has_role(c.relowner, 'USAGE') AS is_mine
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = '_yoyo_migration' AND c.relkind = 'r'
ORDER BY n.nspname <> 'core', n.nspname
"""


@dataclass(frozen=True)
class Step:
    """One migration."""

    path: Path

    @property
    def id(self) -> str:
        """Its file's name, without `.sql`."""
        return self.path.stem

    @property
    def is_late(self) -> bool:
        """Whether it takes away what the last release uses; it is applied when no process of that release is left."""
        return self.id.endswith(".after")

    @property
    def is_transactional(self) -> bool:
        """Whether it runs in a transaction. A step with `-- transactional: false` can be run again from any point.

        The rows that a statement of such a step returns are run as statements too: `CREATE INDEX CONCURRENTLY` for
        partitions that only the database knows.
        """
        directives: dict[str, str] = read_sql_migration(str(self.path))[0]
        return directives.get("transactional", "true").lower() == "true"

    @property
    def rollback(self) -> Path:
        """The file that undoes the step."""
        return self.path.with_suffix(".rollback.sql")


def steps_in(paths: Iterable[Path]) -> list[Step]:
    """The steps among the files of `migrations/`, in their order."""
    return [Step(path) for path in sorted(paths) if not path.stem.endswith(".rollback")]


def apply(conn: Connection, steps: list[Step], *, before: bool = False) -> list[str]:
    """Apply the steps that the database lacks; with `before`, not the late steps. Returns their ids."""
    done = applied(conn)
    missing = [step for step in steps if step.id not in done and not (before and step.is_late)]
    for step in missing:
        logger.info("applying migration %s", step.id)
        _run(conn, step, step.path, _mark)
    return [step.id for step in missing]


def newest(conn: Connection, steps: list[Step], count: int) -> list[Step]:
    """The newest `count` applied steps, newest first."""
    done = applied(conn)
    return [step for step in reversed(steps) if step.id in done][:count]


def roll_back(conn: Connection, steps: list[Step]) -> None:
    """Undo these steps, in this order."""
    for step in steps:
        logger.info("rolling back migration %s", step.id)
        _run(conn, step, step.rollback, _unmark)


def bring_marks_home(conn: Connection, steps: list[Step]) -> None:
    """Copy the marks that yoyo or an earlier release keeps in another schema to schema `core`.

    Raises MigrationError when this role may not read them. The old tables are dropped if they belong to this role and
    hold only marks of our steps.
    """
    is_begun = conn.execute("SELECT to_regnamespace('core') IS NOT NULL").fetchone() == (True,)
    mark_tables = conn.execute(_FIND_MARKS).fetchall()
    if not is_begun or (mark_tables and mark_tables[0][0] == "core"):
        return
    ours = {step.id for step in steps}
    for schema, owner, is_readable, is_mine in mark_tables:
        if not is_readable:
            raise MigrationError(
                f"Which migrations are applied stands in {schema}._yoyo_migration, which belongs to {owner}: run"
                f" `migrate` once as {owner}, or let {owner} run: GRANT SELECT ON {schema}._yoyo_migration TO"
                f" {conn.info.user};"
            )
        marks = conn.execute(f"TABLE {schema}._yoyo_migration".encode()).fetchall()
        ids = {mark[1] for mark in marks}
        if ids.isdisjoint(ours):
            continue  # another program's marks
        with as_owner(conn):
            conn.execute(_MARKS.encode())
            conn.cursor().executemany("INSERT INTO core._yoyo_migration VALUES (%s, %s, %s)", marks)
            conn.execute("RESET ROLE")
            if is_mine and ids <= ours:
                tables = [f"{schema}.{name}" for name in ("_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock")]
                conn.execute(f"DROP TABLE IF EXISTS {', '.join(tables)}".encode())
        return


def applied(conn: Connection) -> set[str]:
    """The ids of the steps that the database has."""
    if conn.execute("SELECT to_regnamespace('core') IS NULL").fetchone() == (True,):
        return set()
    with as_owner(conn):
        if conn.execute("SELECT to_regclass('core._yoyo_migration') IS NULL").fetchone() == (True,):
            return set()
        return {row[0] for row in conn.execute("SELECT migration_id FROM core._yoyo_migration")}


def _run(conn: Connection, step: Step, path: Path, mark: Callable[[Connection, Step], None]) -> None:
    try:
        if step.is_transactional:
            for attempt in tries_while_busy():
                with attempt, conn.transaction():
                    conn.execute("SELECT set_config('lock_timeout', %s, true)", [str(lock_wait_ms(attempt))])
                    execute(conn, path, path.read_text(encoding="utf-8"))
                    conn.execute("SET LOCAL ROLE halo_owner")
                    mark(conn, step)
        else:
            for statement in read_sql_migration(str(path))[2]:
                for returned in execute(conn, path, statement):
                    execute(conn, path, returned)
            with as_owner(conn):
                mark(conn, step)
    except BUSY as error:
        raise FileError(path, "", error) from error
    finally:
        if not conn.closed:
            prepare(conn)


def _mark(conn: Connection, step: Step) -> None:
    conn.execute(_MARKS.encode())
    conn.execute(
        "INSERT INTO core._yoyo_migration VALUES (%s, %s, now() AT TIME ZONE 'UTC')",
        [get_migration_hash(step.id), step.id],
    )
    _log(conn, step, "apply")


def _unmark(conn: Connection, step: Step) -> None:
    if conn.execute("SELECT to_regclass('core._yoyo_migration') IS NOT NULL").fetchone() == (True,):
        conn.execute("DELETE FROM core._yoyo_migration WHERE migration_id = %s", [step.id])
        _log(conn, step, "rollback")


def _log(conn: Connection, step: Step, operation: str) -> None:
    conn.execute(
        "INSERT INTO core._yoyo_log (id, migration_hash, migration_id, operation, username, hostname, created_at_utc)"
        " VALUES (%s, %s, %s, %s, session_user, %s, now() AT TIME ZONE 'UTC')",
        [str(uuid4()), get_migration_hash(step.id), step.id, operation, socket.gethostname()],
    )
