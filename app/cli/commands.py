"""All commands of `halobestie`, each from its module."""

from importlib.metadata import version
from typing import Annotated

import typer

from app.cli import accounts, configuration, doctor, logs, mirror, replay, run, sbom, schema, servers, simulate

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
