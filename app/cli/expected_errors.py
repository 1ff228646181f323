"""The errors that can be expected, in sentences for the people who started a process."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import psycopg
import typer

from app.postgres.migrations import MigrationError
from app.settings import SettingsError


@contextmanager
def expected_errors_said() -> Iterator[None]:
    """End the process with sentences, not with a stack, when what is done here raises an error that can be expected."""
    try:
        yield
    except SettingsError as error:
        _end(2, *error.faults)
    except MigrationError as error:
        _end(1, str(error))
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
        _end(1, "The database lacks functions of this release: run `halobestie migrate`.")
    except psycopg.errors.InsufficientPrivilege as error:
        _end(1, f"The role that DATABASE_URL names may not do this: {error.diag.message_primary}.")
    except psycopg.OperationalError as error:
        _end(1, f"PostgreSQL could not be used: {str(error).strip()}", "`halobestie doctor` says more.")
    except psycopg.DataError as error:
        _end(1, f"PostgreSQL can't take this value: {error.diag.message_detail or error.diag.message_primary or error}")
    except psycopg.DatabaseError as error:
        if not (error.sqlstate or "").startswith("PT"):
            raise
        diag = error.diag
        _end(1, " ".join(filter(None, [f"{diag.message_primary}:", diag.message_detail, diag.message_hint])))


def _end(code: int, *lines: str) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    sys.exit(code)
