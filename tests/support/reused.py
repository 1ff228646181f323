"""The database of a worker: tests have it one after the other, and each finds it as if it were new.

To put rows back takes a fraction of the time that another database takes. Whatever else a test changes, be it a
function, a table, a right or a setting, is seen in the system's catalogues: then the next test gets another database.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGconn
from pytest_postgresql.executors import NoopExecutor
from pytest_postgresql.janitor import DatabaseJanitor

from app.postgres.migrations.roles import settle_roles
from tests.support.waiting import PATIENCE_SECONDS

Connection = psycopg.Connection[tuple[Any, ...]]

_CATALOGUES = (
    "pg_attrdef", "pg_attribute", "pg_auth_members", "pg_authid", "pg_class", "pg_constraint", "pg_database",
    "pg_db_role_setting", "pg_default_acl", "pg_description", "pg_event_trigger", "pg_extension", "pg_index",
    "pg_inherits", "pg_namespace", "pg_policy", "pg_proc", "pg_rewrite", "pg_statistic", "pg_statistic_ext",
    "pg_trigger", "pg_type",
)  # fmt: skip
_LATEST = " UNION ALL ".join(
    f"SELECT '{name}', count(*)::text || ' ' || max(xmin::text::bigint) FROM {name}"
    + (" WHERE datname = current_database()" if name == "pg_database" else "")
    for name in _CATALOGUES
)
_STATE = f"{_LATEST} UNION ALL SELECT 'counts', sum(reltuples)::text FROM pg_class WHERE relkind IN ('r', 'p', 'i')"
_TABLES = """
SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
"""
_COUNTERS = "SELECT format('%I.%I', schemaname, sequencename), start_value, last_value FROM pg_sequences"
_END_OTHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> ALL (%s)
"""
_FORGET = """
RESET SESSION AUTHORIZATION; RESET ALL; CLOSE ALL; DEALLOCATE ALL; UNLISTEN *;
SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES
"""
"""What DISCARD ALL does, but for the plans."""
_MOST_BYTES = 32 * 1024 * 1024
"""Of a database whose rows were taken away: what they leave behind makes reading slow."""


class _New(NamedTuple):
    """What a new database is like."""

    state: list[tuple[Any, ...]]
    tables: list[str]
    rows: dict[str, bytes]
    counters: list[tuple[Any, ...]]


class ReusedDatabase:
    """A copy of the template, made anew or put back."""

    def __init__(self, template: NoopExecutor, *, has_role_settings: bool = False) -> None:
        """A copy has no settings of roles, unless it is to be used through a pooler, where no session has others."""
        self._template = template
        self._has_role_settings = has_role_settings
        self._janitor = DatabaseJanitor(
            user=template.user,
            host=template.host,
            port=template.port,
            dbname=template.dbname,
            template_dbname=template.template_dbname,
            maintenance_dbname=template.maintenance_dbname,
            password=template.password,
        )
        self._new: _New | None = None
        self._looking: Connection | None = None
        """Stays, so that it reads the catalogues and makes its plans once."""
        self._putting_back: Connection | None = None
        """Another, because a session that turns triggers off loses its plans."""
        self._session: PGconn | None = None
        """The session of the connection that tests have, while no test has it."""

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """A connection as the owner, each statement its own transaction.

        Tests have its session one after the other, each as if it were new: for PostgreSQL to read catalogues, to
        compile functions and to plan their statements takes longer than most tests.
        """
        conn = self._take_session() or self._connect()
        try:
            yield conn
        finally:
            if conn.info.transaction_status is TransactionStatus.IDLE:
                self._session = conn.pgconn
                del conn.pgconn
            else:
                conn.close()

    def _take_session(self) -> Connection | None:
        session, self._session = self._session, None
        if session is None:
            return None
        conn = psycopg.Connection[tuple[Any, ...]](session)
        conn.autocommit = True
        try:
            conn.execute(_FORGET)
        except psycopg.OperationalError:  # the last test ended it
            conn.close()
            return None
        return conn

    def _connect(self) -> Connection:
        """Connect as the owner, each statement its own transaction."""
        template = self._template
        return psycopg.connect(
            host=template.host, port=template.port, user=template.user, password=template.password,
            dbname=template.dbname, options=template.options, autocommit=True,
        )  # fmt: skip

    def refresh(self) -> None:
        """Let it be as if it were new."""
        try:
            is_new = self._put_back()
        except psycopg.OperationalError:  # it lets nobody in any more, or its server was started again
            is_new = False
        if not is_new:
            self.drop()
            self._janitor.init()
            self._looking, self._putting_back = self._connect(), self._connect()
            self._putting_back.execute("SET session_replication_role = replica")
            if self._has_role_settings:
                assert settle_roles(self._looking) == []
            self._new = _look(self._looking)

    def drop(self) -> None:
        """End it."""
        if self._session is not None:
            self._session.finish()
            self._session = None
        for conn in (self._looking, self._putting_back):
            if conn is not None:
                conn.close()
        self._janitor.drop()

    def _put_back(self) -> bool:
        """Put the rows back; False when something else is different, too, or there is no database yet."""
        looking, putting, new = self._looking, self._putting_back, self._new
        if looking is None or putting is None or new is None:
            return False
        self._end_others(looking, putting)
        if _state(looking) != new.state or _size(looking) > _MOST_BYTES:
            return False
        filled, counters = _filled(looking, new.tables), _counters(looking)
        other = {table for table, rows in new.rows.items() if _rows(looking, table) != rows}
        with putting.transaction():
            for table in (filled - new.rows.keys()) | other:
                putting.execute(f"DELETE FROM {table}".encode())
            for table in other:
                with putting.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    copy.write(new.rows[table])
            for name, start, last in set(counters) ^ set(new.counters):
                if (name, start, last) in new.counters:
                    putting.execute("SELECT setval(%s, %s, %s)", [name, last or start, last is not None])
        return True

    def _end_others(self, looking: Connection, putting: Connection) -> None:
        """End the sessions that a test left. Most are ending already: PostgreSQL's own way to wait takes far longer."""
        spared = [conn.info.backend_pid for conn in (looking, putting)]
        if self._session is not None:
            spared.append(self._session.backend_pid)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while looking.execute(_END_OTHERS, [spared]).fetchone() != (0,):
            assert time.monotonic() < deadline, "the sessions that a test left do not end"
            time.sleep(0.002)


def _look(conn: Connection) -> _New:
    tables = [row[0] for row in conn.execute(_TABLES)]
    rows = {table: _rows(conn, table) for table in _filled(conn, tables)}
    counters = _counters(conn)
    return _New(_state(conn), tables, rows, counters)


def _state(conn: Connection) -> list[tuple[Any, ...]]:
    return conn.execute(_STATE.encode(), prepare=True).fetchall()


def _rows(conn: Connection, table: str) -> bytes:
    with conn.cursor().copy(f"COPY (SELECT * FROM {table}) TO STDOUT".encode()) as copy:
        return b"".join(copy)


def _counters(conn: Connection) -> list[tuple[Any, ...]]:
    return conn.execute(_COUNTERS, prepare=True).fetchall()


def _filled(conn: Connection, tables: list[str]) -> set[str]:
    query = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
    return {row[0] for row in conn.execute(query.encode(), prepare=True)}


def _size(conn: Connection) -> int:
    row = conn.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    size: int = row[0]
    return size
