"""`halobestie`: a command for each process, and for each task that people do from a shell.

Exit codes: 0 it is done; 1 it did not work, and the last line of stderr says why and what to do; 2 settings or
arguments are wrong, with one line for each fault.
"""

import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import psycopg
import typer

from app.cli import accounts, configuration, doctor, logs, mirror, replay, run, sbom, schema, servers, simulate
from app.postgres.migrations import MigrationError
from app.settings import SettingsError

cli = typer.Typer(
    name="halobestie",
    help="The marketplace's processes and tools. `halobestie run` starts everything on this machine, from nothing.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"halobestie {version('halobestie')}")
        raise typer.Exit


for room in (run, servers, schema, accounts, simulate, replay, doctor, sbom):
    room.register(cli)
cli.add_typer(mirror.cli, name="mirror")
cli.add_typer(configuration.cli, name="config")
cli.add_typer(logs.cli, name="logs")


@cli.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the release and exit.")
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """Run the command line; errors that can be expected become sentences."""
    try:
        cli(prog_name="halobestie")
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
    sys.exit(0)


def _end(code: int, *lines: str) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    sys.exit(code)
