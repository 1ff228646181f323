"""`halobestie mirror check|reseed`: compares the mirror with PostgreSQL, and has it reseeded."""

import asyncio
from typing import TypeVar

import typer
from rich.console import Console
from rich.table import Table

from app.cli.here import configure_tool_logs, load_here
from app.settings import DatabaseSettings, Settings, StoreSettings

Group = TypeVar("Group", bound=Settings)

cli = typer.Typer(
    help="Compare Valkey's picture of the fleet with PostgreSQL, or have it built anew.", no_args_is_help=True
)


@cli.command()
def check() -> None:
    """List every key that differs from PostgreSQL; exit code 1 when one does."""
    from app.mirror.check import differences

    differing = asyncio.run(differences(_settings(StoreSettings)))
    if not differing:
        typer.echo("The mirror agrees with PostgreSQL: 0 differences.")
        return
    table = Table("key", "in Valkey", "in PostgreSQL", box=None, pad_edge=False)
    for difference in differing:
        table.add_row(difference.key, difference.in_valkey, difference.in_postgres)
    Console().print(table)
    typer.echo(
        f"{len(differing)} differences. The listener heals them; `halobestie mirror reseed` does it now.", err=True
    )
    raise typer.Exit(1)


@cli.command()
def reseed() -> None:
    """Ask the leading listener to build the mirror anew; readers never see a smaller fleet meanwhile."""
    from app.mirror.reseed import request_reseed

    asyncio.run(request_reseed(_settings(DatabaseSettings)))
    typer.echo("Asked. `halobestie mirror check` shows when it is done.", err=True)


def _settings(group: type[Group]) -> Group:
    settings = load_here(group)
    configure_tool_logs(settings, process="mirror")
    return settings
