"""`halobestie migrate`, `rollback` and `seed-demo`: prepare a database before it is used."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from app.development.demo import DEMO_EMAIL, DEMO_PASSWORD, seed
from app.development.settings import SeedSettings
from app.observability import logs
from app.postgres.migrations import migrate as apply_migrations
from app.postgres.migrations import newest, roll_back
from app.settings import DatabaseSettings, load


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(migrate)
    cli.command()(rollback)
    cli.command("seed-demo")(seed_demo)


def migrate(
    *,
    before: Annotated[bool, typer.Option("--before", help="Only what the running processes can live with.")] = False,
    after: Annotated[bool, typer.Option("--after", help="The rest, when none of the last release is left.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Drop what the files lack, even if that is much.")] = False,
) -> None:
    """Bring the database to this release: migrations, every function, triggers that changed.

    Repeating it changes nothing; killed, it is run again. Connects as a role that is, or may become, a member of
    halo_owner. While the last release is running: `--before`, replace its processes, `--after`. Without either, both.
    """
    if before and after:
        raise typer.BadParameter("give --before or --after; without either, both are done")
    settings = load(DatabaseSettings)
    logs.configure(settings, process="migrate")
    console = Console(stderr=True)
    with console.status("migrating"):
        report = apply_migrations(settings.database_url, before=before, drop=drop)
    console.print(
        f"{len(report.migrations)} migrations applied, {report.functions} functions written,"
        f" {len(report.triggers)} trigger files applied, {len(report.dropped)} functions dropped.",
        highlight=False,
        soft_wrap=True,
    )
    if report.left:
        left = ", ".join(report.left)
        console.print(f"Left for --after, because their results changed: {left}.", highlight=False, soft_wrap=True)
    for line in report.advice:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def rollback(
    *,
    steps: Annotated[int, typer.Option("--steps", min=1, help="How many migrations, the newest first.")] = 1,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Undo the newest migrations and lose what is stored in the tables and columns that they made.

    For going back to the release before: end every process, roll back the migrations of this release, then run
    `migrate` of that one, which puts its functions back. Connects as `migrate` does.
    """
    settings = load(DatabaseSettings)
    logs.configure(settings, process="rollback")

    names = newest(settings.database_url, steps)
    if not names:
        typer.echo("No migration is applied.", err=True)
        raise typer.Exit(1)
    typer.echo(f"To be undone: {', '.join(names)}. What their tables and columns hold is lost.", err=True)
    if not (yes or typer.confirm("Go on?", err=True)):
        typer.echo("Nothing was touched.", err=True)
        raise typer.Exit(1)
    roll_back(settings.database_url, steps, agreed=names)
    typer.echo(f"Undone: {', '.join(names)}. Run `migrate` of the release that you go back to.", err=True)


def seed_demo() -> None:
    """Make the demo login, packages, and mitras (none of them online). Repeating it changes nothing.

    For development: refuses APP_ENV=production, and a database that holds anything but demo data.
    """
    settings = load(SeedSettings)
    logs.configure(settings, process="seed-demo")
    asyncio.run(seed(settings))
    typer.echo(f"Demo login of the control centre: {DEMO_EMAIL} / {DEMO_PASSWORD}", err=True)
