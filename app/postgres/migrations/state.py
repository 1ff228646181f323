"""How a database differs from the files of `db/`; nothing is changed."""

import psycopg

from app.postgres.migrations import steps, triggers
from app.postgres.migrations.files import EXISTING, Files, names_in
from app.postgres.migrations.session import SCHEMAS, Connection

_BODIES = """
SELECT format('%%I.%%I', n.nspname, p.proname), p.prosrc
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace AND n.nspname = ANY (%s)
"""
_LACKING_RIGHTS = """
SELECT given.name, given.role
FROM unnest(%s::text[], %s::text[]) AS given (name, role)
JOIN pg_roles AS role ON role.rolname = given.role
JOIN pg_namespace AS n ON n.nspname = split_part(given.name, '.', 1)
JOIN pg_proc AS p ON p.pronamespace = n.oid AND p.proname = split_part(given.name, '.', 2)
GROUP BY given.name, given.role
HAVING NOT bool_or(has_function_privilege(role.oid, p.oid, 'EXECUTE'))
"""


def behind(conn: Connection, files: Files) -> list[str]:
    """What `migrate` would do to functions and their rights, in sentences; empty when all is as the files say."""
    existing = {row[0] for row in conn.execute(EXISTING, [SCHEMAS])}
    sentences = [
        _of("is missing", files.defined - existing),
        _of("is made by no file", existing - files.defined),
        *_of_functions(conn, files),
        *_of_rights(conn, files),
    ]
    return [sentence for sentence in sentences if sentence]


def steps_and_triggers_behind(conn: Connection, files: Files) -> list[str] | None:
    """What `migrate` would do to steps and triggers; None for a role that is no member of halo_owner.

    Expects a connection in autocommit mode.
    """
    try:
        applied = steps.applied(conn)
        changed = {path.name for path in triggers.changed(conn, files)}
    except psycopg.errors.InsufficientPrivilege:
        return None
    unapplied = {step.id for step in steps.steps_in(files.migrations)} - applied
    return [sentence for sentence in (_of("is not applied", unapplied), _of("has changed", changed)) if sentence]


def _of_functions(conn: Connection, files: Files) -> list[str]:
    """Functions of another body than their file's, and names with more signatures than the files make."""
    texts: dict[str, list[str]] = {}
    for text in (*files.functions.values(), *files.triggers.values()):
        for name in names_in(text):
            texts.setdefault(name, []).append(text)
    bodies: dict[str, list[str]] = {}
    for name, body in conn.execute(_BODIES, [SCHEMAS]):
        bodies.setdefault(name, []).append(body)
    known = bodies.keys() & texts.keys()
    overloaded = {name for name in known if len(bodies[name]) > len(texts[name])}
    others = {name for name in known - overloaded if not all(_is_in(texts[name], body) for body in bodies[name])}
    return [_of("has another body than its file", others), _of("has a signature that no file makes", overloaded)]


def _is_in(texts: list[str], body: str) -> bool:
    return any(f"${body}$" in text for text in texts)  # whole, between its dollar quotes


def _of_rights(conn: Connection, files: Files) -> list[str]:
    """Rights to call a function that the files give and the database does not."""
    rows = conn.execute(_LACKING_RIGHTS, [[name for name, _ in files.rights], [role for _, role in files.rights]])
    return [_of("although its file gives the right", {f"{role} may not call {name}" for name, role in rows})]


def _of(what: str, names: set[str] | frozenset[str]) -> str:
    if not names:
        return ""
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return f"{min(names)} {what}{more}"
