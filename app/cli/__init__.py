"""`halobestie`: a command for each process, and for each task that people do from a shell.

Exit codes: 0 it is done; 1 it did not work, and the last line of stderr says why and what to do; 2 settings or
arguments are wrong, with one line for each fault.
"""

import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from app.cli import accounts, configuration, doctor, logs, mirror, replay, run, sbom, schema, servers, simulate
from app.cli.expected_errors import expected_errors_said

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
    """Run the command line."""
    with expected_errors_said():
        cli(prog_name="halobestie")
    sys.exit(0)
