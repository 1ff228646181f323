"""Functions and views: all are written at every `migrate`, in one transaction; what no file defines is dropped."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import sqlparse

from app.postgres.migrations.errors import FileError
from app.postgres.migrations.files import Files, names_in
from app.postgres.migrations.session import SCHEMAS, Connection, execute, patiently


def write(conn: Connection, files: Files) -> list[str]:
    """Write all of them, so that callers see either all old or all new functions. Returns the functions dropped.

    Rights that no file gives any more are taken back.
    """
    replaced: set[Path] = set()
    while True:
        try:
            return patiently(conn, lambda: _write(conn, files, replaced))
        except FileError as error:
            # PostgreSQL replaces a function only when its result and argument names stay. So the transaction begins
            # anew and drops this function first. A savepoint would not do: its functions would have another xmin, by
            # which functions that no file wrote are found.
            if error.path in replaced or not error.wants_drop:
                raise
            replaced.add(error.path)


def add(conn: Connection, files: Files) -> list[str]:
    """Write what callers of the last release can live with; nothing is dropped, and no right is taken back.

    A function is replaced if possible; with other arguments it is made beside the old function; a view is made only
    where there is none. Returns the functions that stay as they are, because their result or argument names changed.
    """
    unchanged: dict[Path, list[str]] = {}
    beside: set[Path] = set()
    while True:
        try:
            patiently(conn, lambda: _add(conn, files, unchanged, beside))
            return [name for names in unchanged.values() for name in names]
        except _DoubledError as doubled:
            beside.update(doubled.paths)
        except FileError as error:
            if error.path in unchanged or not error.wants_drop:
                raise
            unchanged[error.path] = names_in(files.functions[error.path])


class _DoubledError(Exception):
    """Files whose function exists twice, with old and with new arguments; the transaction begins anew with these."""

    def __init__(self, paths: set[Path]) -> None:
        self.paths = paths


def _write(conn: Connection, files: Files, replaced: set[Path]) -> list[str]:
    # Bodies are checked when they first run, so that the order of the files does not matter.
    conn.execute("SET LOCAL check_function_bodies = off")
    # Views are made anew each time, because functions and columns that a view uses can't be changed.
    if views := list(_views(conn)):
        conn.execute(("DROP VIEW " + ", ".join(views)).encode())
    _take_back_rights(conn)
    for path, text in files.functions.items():
        if path in replaced:
            for name in names_in(text):
                _drop_routines(conn, path, _NAMED, name.split("."))
        execute(conn, path, text)
    dropped = _drop_routines(conn, files.directory, _UNWRITTEN, [SCHEMAS])
    for path, text in files.views.items():
        execute(conn, path, text)
    return dropped


def _add(conn: Connection, files: Files, unchanged: dict[Path, list[str]], beside: set[Path]) -> None:
    conn.execute("SET LOCAL check_function_bodies = off")
    for path, text in files.functions.items():
        if path not in unchanged:
            added = _REVOKES.sub("", text)
            execute(conn, path, _without_defaults(conn, path, added) if path in beside else added)
    doubled_names = {row[0] for row in conn.execute(_TWICE, [SCHEMAS])}
    doubled = {path for path, text in files.functions.items() if not doubled_names.isdisjoint(names_in(text))} - beside
    if doubled:
        raise _DoubledError(doubled)
    existing_views = set(_views(conn))
    for path, text in files.views.items():
        if not existing_views.issuperset(names_in(text)):
            execute(conn, path, text)


def _without_defaults(conn: Connection, path: Path, text: str) -> str:
    """A file's text, with its function's defaults removed.

    PostgreSQL refuses a call that fits two functions, one of them because of its defaults. Without defaults, a call
    with the old arguments fits only the old function, and a call with the new arguments only the new function.
    """
    with conn.transaction(force_rollback=True):
        execute(conn, path, text)
        row = conn.execute(_BARE, names_in(text)[0].split(".")).fetchone()
    assert row is not None, "the function was just written"
    return ";\n".join([row[0], *sqlparse.split(text)[1:]])


def _views(conn: Connection) -> Iterator[str]:
    for (name,) in conn.execute(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'v' AND n.nspname = ANY (%s) ORDER BY 1",
        [SCHEMAS],
    ):
        yield name


def _take_back_rights(conn: Connection) -> None:
    """Take all rights from the programs' roles; the files give them again. Replacing a function would keep its rights.

    In a savepoint, whose xmin is not the transaction's: so a function that no file writes still counts as unwritten.
    """
    names = [row[0] for row in conn.execute(_ALL, [SCHEMAS])]
    if names:
        with conn.transaction():
            programs = " FROM halo_app, halo_listener, halo_cc"
            conn.execute(("REVOKE EXECUTE ON ROUTINE " + ", ".join(names) + programs).encode())


_REVOKES = re.compile(r"^REVOKE [^;]*;", re.MULTILINE)
# Trigger functions belong to the trigger files, which are not written here.
_ALL: LiteralString = (
    "SELECT p.oid::regprocedure::text FROM pg_proc p"
    " WHERE p.pronamespace = ANY (SELECT to_regnamespace(s) FROM unnest(%s::text[]) s)"
    " AND p.prorettype <> 'trigger'::regtype ORDER BY 1"
)
# Functions whose file is gone, and old signatures: this transaction did not write them.
_UNWRITTEN: LiteralString = _ALL.replace(" ORDER BY 1", " AND p.xmin <> pg_current_xact_id()::xid ORDER BY 1")
_NAMED: LiteralString = (
    "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = to_regnamespace(%s) AND p.proname = %s"
)

_TWICE: LiteralString = (
    "SELECT format('%%I.%%I', n.nspname, p.proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
    " WHERE n.nspname = ANY (%s) GROUP BY 1 HAVING count(*) > 1"
)
# Without the defaults of its arguments; of several with the name, the function that was written last.
_BARE: LiteralString = (
    "SELECT replace(pg_get_functiondef(p.oid), '(' || pg_get_function_arguments(p.oid) || ')',"
    " '(' || pg_get_function_identity_arguments(p.oid) || ')')"
    " FROM pg_proc p WHERE p.pronamespace = to_regnamespace(%s) AND p.proname = %s ORDER BY age(p.xmin) LIMIT 1"
)


def _drop_routines(conn: Connection, path: Path, query: LiteralString, params: list[Any]) -> list[str]:
    names = [row[0] for row in conn.execute(query, params)]
    if names:
        # All in one statement, because they may depend on each other; nothing else may depend on them.
        execute(conn, path, "DROP ROUTINE " + ", ".join(names))
    return names
