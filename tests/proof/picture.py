"""The state of the business as rows without the accidents of one run: generated ids, and times when time was moved."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]

# What is no state of the business: settings, how far events were passed on, figures, and explanations of what was done.
_LEFT_OUT = (
    "app_config",
    "applied_files",
    "awaited_replies",
    "deadline_runs",
    "event_positions",
    "event_queue",
    "figure_builds",
    "figure_changes",
    "figures",
    "leaderships",
    "pairing_waves",
    "price_packages",
    "roles",
    "sweep_runs",
)
# Rows that nobody locks or changes, or nobody here.
_NEVER_LOCKED = (
    *("app_config", "applied_files", "control_center_users", "leaderships", "message_templates", "price_packages"),
    *("awaited_replies", "figure_builds", "figure_changes", "figures", "sweep_runs"),
    *("audit_log", "customer_transactions", "mitra_status_log", "pairing_failures", "session_reroutes"),
    *("chat_messages", "events", "idempotency_keys", "idempotency_leases", "pairing_waves", "roles", "session_ratings"),
    *("balance_entries", "mitra_earnings"),
)
_WITHOUT_KEY = ("figure_changes",)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00(?::00)?)?")
# What is said and read meanwhile, which nobody waits for; every event has a seq of its own.
_TALK = re.compile(r'("(?:last_seq": \d+|watermarks": \{[^{}]*\{[^{}]*\}[^{}]*\{[^{}]*\}\}))')
# What a closing had made when it was written down; the payouts themselves stand beside.
_SO_FAR = re.compile(r'("(?:amount": \d+, "payouts": \d+, "is_complete": \w+))')
_SECONDS = re.compile(r'("(?:seconds_left|unused_seconds|remaining_seconds|duration|remaining|version)": )[^,}]+')

_TABLES = """
SELECT c.relname, coalesce(array_agg(a.attname) FILTER (WHERE a.attidentity <> ''), '{}')
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND c.relname <> ALL (%s)
GROUP BY c.relname
ORDER BY c.relname
"""

Picture = tuple[str, ...]


def tables(conn: Connection, left_out: Sequence[str] = ()) -> dict[str, list[str]]:
    """The tables of ours, and which of their columns only number the rows."""
    return dict(conn.execute(_TABLES, [list(left_out)]).fetchall())


class Camera:
    """Takes pictures of one database."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.names: Mapping[UUID, str] = {}
        parts = [
            f"SELECT '{table} ' || (to_jsonb(t) - '{{{','.join(ids)}}}'::text[])::text AS row FROM core.{table} AS t"
            for table, ids in tables(conn, _LEFT_OUT).items()
        ]
        self._query: bytes = ("SELECT array_agg(row) FROM (" + " UNION ALL ".join(parts) + ") AS rows").encode()
        self._conn.execute("SET TimeZone = 'UTC'")

    def take(self, *, times: bool) -> Picture:
        """Every row, sorted; generated ids masked, and times and spans too unless `times`."""
        row = self._conn.execute(self._query).fetchone()
        assert row is not None
        return tuple(sorted(self.masked(text, times=times) for text in row[0] or ()))

    def masked(self, text: str, *, times: bool) -> str:
        """A text without what differs from run to run."""
        text = _UUID.sub(lambda match: self.names.get(UUID(match[0]), "new"), text)
        text = _SO_FAR.sub("…", _TALK.sub("…", text))
        return text if times else _SECONDS.sub(r"\1…", _TIME.sub("…", text))


def difference(one: Iterable[str], other: Iterable[str]) -> list[str]:
    """The rows that only one of two pictures shows."""
    first, second = set(one), set(other)
    return [f"  - {row}" for row in sorted(first - second)] + [f"  + {row}" for row in sorted(second - first)]


class Snapshot:
    """The rows of all tables put aside, and put back as often as wanted; at first those there are when it is made."""

    def __init__(self, url: str, name: str) -> None:
        """On a connection of its own, because whoever turns triggers off or on forgets all its plans."""
        self._conn = conn = psycopg.connect(url, autocommit=True)
        conn.execute("SET session_replication_role = replica")
        conn.execute("SET synchronous_commit = off")
        self._name = name
        if conn.execute("SELECT to_regnamespace(%s) IS NULL", [name]).fetchone() == (True,):
            self._set_up()
            self.take()

    def _set_up(self) -> None:
        conn, name = self._conn, self._name
        conn.execute(f"CREATE SCHEMA {name}".encode())
        keep, back = [], []
        for table in tables(conn):
            conn.execute(f"CREATE UNLOGGED TABLE {name}.{table} (LIKE core.{table})".encode())
            keep.append(f"DELETE FROM {name}.{table}; INSERT INTO {name}.{table} SELECT * FROM core.{table};")
            # Only rows that differ, so that tables stay small without a vacuum, after which everybody plans anew. In a
            # table without a key two rows may be the same, so all of them.
            same = "false" if table in _WITHOUT_KEY else "aside IS NOT DISTINCT FROM present"
            back.append(
                f"DELETE FROM core.{table} AS present WHERE NOT EXISTS ("
                f"SELECT FROM {name}.{table} AS aside WHERE {same});"
                f"INSERT INTO core.{table} OVERRIDING SYSTEM VALUE SELECT * FROM {name}.{table} AS aside"
                f" WHERE NOT EXISTS (SELECT FROM core.{table} AS present WHERE {same});"
            )
        for verb, statements in (("keep", keep), ("back", back)):
            conn.execute(
                f"CREATE FUNCTION {name}.{verb}() RETURNS void LANGUAGE plpgsql"
                f" AS $$ BEGIN {' '.join(statements)} END $$".encode()
            )

    def close(self) -> None:
        """End the connection."""
        self._conn.close()

    def take(self) -> None:
        """Put the present rows aside."""
        self._conn.execute(f"SELECT {self._name}.keep()".encode())

    def restore(self) -> None:
        """Put those rows back instead of the present ones."""
        self._conn.execute(f"SELECT {self._name}.back()".encode())


class Locks:
    """Who holds which rows, read by everybody from the rows' xmax."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._keys: dict[str, str] = dict(
            conn.execute(
                """
                SELECT 'core.' || c.relname, a.attname
                FROM pg_class AS c
                JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
                JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                WHERE c.relnamespace = 'core'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
                    AND c.relname <> ALL (%s)
                """,
                [list(_NEVER_LOCKED)],
            ).fetchall()
        )
        parts = (
            f"SELECT '{table} ' || {key} || ' ' || xmax FROM {table} WHERE xmax <> '0'::xid"
            for table, key in self._keys.items()
        )
        conn.pgconn.prepare(b"held", " UNION ALL ".join(parts).encode())

    def held(self) -> frozenset[str]:
        """Each row ever locked since it was written, with the transaction that locked it last."""
        result = self._conn.pgconn.exec_prepared(b"held", [])
        return frozenset((result.get_value(row, 0) or b"").decode() for row in range(result.ntuples))

    def awaited(self, pid: int) -> str | None:
        """The row that a backend waits for, if it is a row."""
        waiting = self._conn.execute(
            "SELECT relation::regclass::text, format('(%%s,%%s)', page, tuple) FROM pg_locks"
            " WHERE pid = %s AND locktype = 'tuple'",
            [pid],
        ).fetchone()
        if waiting is None or waiting[0] not in self._keys:
            return None
        key = self._conn.execute(
            f"SELECT {self._keys[waiting[0]]} FROM {waiting[0]} WHERE ctid = %s::tid".encode(), [waiting[1]]
        ).fetchone()
        return None if key is None else f"{waiting[0]} {key[0]}"
