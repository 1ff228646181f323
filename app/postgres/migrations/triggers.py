"""Trigger files. A file locks its table, so it is applied only when its text changed or a trigger of it is missing."""

import hashlib
import re
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

from psycopg import sql

from app.postgres.migrations.files import Files, names_in
from app.postgres.migrations.session import SCHEMAS, Connection, as_owner, execute, patiently

_DEFINES_TRIGGER = re.compile(
    r"\bCREATE\s+OR\s+REPLACE\s+(?:CONSTRAINT\s+)?TRIGGER\s+(\w+)\b.*?\bON\s+(\w+\.\w+)", re.IGNORECASE | re.DOTALL
)


def write(conn: Connection, files: Files) -> tuple[list[str], list[str]]:
    """Apply files that changed, drop what no file makes. Returns the files applied and the trigger functions dropped.

    Each file has a transaction of its own, which waits briefly for its table's lock and is tried again when the table
    is busy.
    """
    files_changed = changed(conn, files)
    for path, text in files_changed.items():
        patiently(conn, partial(_replace, conn, path, text))
    for trigger in _of_no_file(conn, files):
        patiently(conn, partial(_drop_trigger, conn, *trigger))
    stale = [function for function in _functions(conn) if function not in files.defined]
    for function in stale:
        patiently(conn, partial(_drop, conn, function))
    with as_owner(conn):
        conn.execute(
            "DELETE FROM core.applied_files WHERE NOT path = ANY (%s)", [[path.name for path in files.triggers]]
        )
    return [path.name for path in files_changed], stale


def add(conn: Connection, files: Files) -> list[str]:
    """Apply files that changed, drop nothing. Returns the files applied; `write` applies them again, and then drops."""
    files_changed = changed(conn, files)
    for path, text in files_changed.items():
        patiently(conn, partial(execute, conn, path, text))
    return [path.name for path in files_changed]


def changed(conn: Connection, files: Files) -> dict[Path, str]:
    """The files whose text differs from what was applied, or whose triggers are missing."""
    with as_owner(conn):
        applied = {name: bytes(digest) for name, digest in conn.execute("SELECT path, sha256 FROM core.applied_files")}
        return {
            path: text
            for path, text in files.triggers.items()
            if applied.get(path.name) != _digest(text) or _lacks_triggers(conn, text)
        }


def _replace(conn: Connection, path: Path, text: str) -> None:
    execute(conn, path, text)
    # A trigger that the file no longer makes still calls the function that the file just wrote.
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


def _drop(conn: Connection, function: str) -> None:
    _drop_triggers(
        conn,
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgparentid = 0 AND tgfoid = to_regproc(%s)",
        [function],
    )
    conn.execute(f"DROP FUNCTION {function}()".encode())


def _drop_triggers(conn: Connection, query: LiteralString, params: list[Any]) -> None:
    for name, table in conn.execute(query, params).fetchall():
        _drop_trigger(conn, name, table)


def _drop_trigger(conn: Connection, name: str, table: str) -> None:
    conn.execute(sql.SQL("DROP TRIGGER {} ON ").format(sql.Identifier(name)).as_bytes(conn) + table.encode())


def _of_no_file(conn: Connection, files: Files) -> list[tuple[str, str]]:
    """Triggers that no file makes, of a function that stays: several files share it. Name and table each."""
    made = {trigger for text in files.triggers.values() for trigger in _DEFINES_TRIGGER.findall(text)}
    rows = conn.execute(
        "SELECT t.tgname, t.tgrelid::regclass::text, format('%%I.%%I', n.nspname, p.proname)"
        " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND n.nspname = ANY (%s)",
        [SCHEMAS],
    )
    return [(name, table) for name, table, function in rows if function in files.defined and (name, table) not in made]


def _lacks_triggers(conn: Connection, text: str) -> bool:
    """Whether a trigger or function of the file is missing, because its table was made anew since."""
    wanted = _DEFINES_TRIGGER.findall(text)
    names, tables = [name for name, _ in wanted], [table for _, table in wanted]
    trigger_count = conn.execute(
        "SELECT count(*) FROM unnest(%s::text[], %s::text[]) w (name, tab)"
        " JOIN pg_trigger t ON t.tgname = w.name AND t.tgrelid = to_regclass(w.tab)",
        [names, tables],
    ).fetchone()
    functions = conn.execute(
        "SELECT count(*) FROM unnest(%s::text[]) f WHERE to_regproc(f) IS NULL", [names_in(text)]
    ).fetchone()
    return trigger_count != (len(wanted),) or functions != (0,)


def _functions(conn: Connection) -> list[str]:
    rows = conn.execute(
        "SELECT format('%%I.%%I', n.nspname, p.proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = ANY (%s) AND p.prorettype = 'trigger'::regtype ORDER BY 1",
        [SCHEMAS],
    )
    return [row[0] for row in rows]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
