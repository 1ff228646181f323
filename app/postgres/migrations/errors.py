"""Why `migrate` failed, in words for the person who runs it."""

from pathlib import Path

import psycopg


class MigrationError(Exception):
    """`migrate` ended, or refused to begin; the message says why and what to do."""


class FileError(MigrationError):
    """The database refused a file of `db/`; the message names the file and the line."""

    def __init__(self, path: Path, text: str, cause: psycopg.Error) -> None:
        super().__init__(f"{path}: {_explain(cause, text)}")
        self.path = path
        # PostgreSQL can't replace a function whose result or argument names changed, and then advises to drop it.
        self.wants_drop = isinstance(cause, psycopg.errors.InvalidFunctionDefinition) and "DROP " in (
            cause.diag.message_hint or ""
        )


def _explain(error: psycopg.Error, text: str) -> str:
    """What PostgreSQL said; with the line, if PostgreSQL names a position."""
    words = [error.diag.message_primary or str(error)]
    position = error.diag.statement_position
    if position is not None:
        words.insert(0, f"line {text.count(chr(10), 0, int(position) - 1) + 1}")
    words += [extra for extra in (error.diag.message_detail, error.diag.message_hint, error.diag.context) if extra]
    return ": ".join(words)
