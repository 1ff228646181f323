"""How a database differs from the files of `db/`; nothing is changed."""

import psycopg

from app.postgres.migrations import steps, triggers
from app.postgres.migrations.files import EXISTING, Files
from app.postgres.migrations.session import SCHEMAS, Connection


def behind(conn: Connection, files: Files) -> list[str]:
    """What `migrate` would do, in sentences; empty when the database is as the files say.

    Only for members of halo_owner it says which steps are not applied and which trigger files have changed. Expects a
    connection in autocommit mode.
    """
    existing = {row[0] for row in conn.execute(EXISTING, [SCHEMAS])}
    sentences = [_of("is missing", files.defined - existing), _of("is made by no file", existing - files.defined)]
    try:
        applied = steps.applied(conn)
        sentences.append(_of("is not applied", {step.id for step in steps.steps_in(files.migrations)} - applied))
        sentences.append(_of("has changed", {path.name for path in triggers.changed(conn, files)}))
    except psycopg.errors.InsufficientPrivilege:
        pass
    return [sentence for sentence in sentences if sentence]


def _of(what: str, names: set[str] | frozenset[str]) -> str:
    if not names:
        return ""
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return f"{min(names)} {what}{more}"
