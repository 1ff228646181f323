"""`halobestie migrate` and `seed-demo`: what a database holds before anybody uses it."""

import asyncio

import typer
from rich.console import Console

from app import logs
from app.cli.database import called
from app.database import Connection
from app.migrations import migrate as apply_migrations
from app.passwords import hash_password
from app.settings import DatabaseSettings, load
from app.sql.control_centre import cc_credentials, create_admin
from app.sql.query import value

DEMO_EMAIL = "admin@halobestie.local"
DEMO_PASSWORD = "halobestie-demo"  # noqa: S105  # everybody is told


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(migrate)
    cli.command("seed-demo")(seed_demo)


def migrate() -> None:
    """Bring the database to this release: migrations, every function, triggers that changed.

    Repeating it changes nothing. Connects as a role that is, or may become, a member of halo_owner.
    """
    settings = load(DatabaseSettings)
    logs.configure(settings, process="migrate")
    console = Console(stderr=True)
    with console.status("migrating"):
        report = apply_migrations(settings.database_url)
    console.print(
        f"{len(report.migrations)} migrations applied, {report.functions} functions written,"
        f" {len(report.triggers)} trigger files applied, {len(report.dropped)} functions dropped.",
        highlight=False,
    )


def seed_demo() -> None:
    """Make the demo login, packages, and mitras (none of them online). Repeating it changes nothing."""
    settings = load(DatabaseSettings)
    logs.configure(settings, process="seed-demo")
    asyncio.run(seed(settings))
    typer.echo(f"Demo login of the control centre: {DEMO_EMAIL} / {DEMO_PASSWORD}", err=True)


async def seed(settings: DatabaseSettings) -> None:
    """What `seed-demo` does. Source: api.create_admin, api.seed_demo."""
    if await called(settings, cc_credentials, email=DEMO_EMAIL) is None:
        await called(
            settings,
            create_admin,
            email=DEMO_EMAIL,
            display_name="Demo admin",
            password_hash=hash_password(DEMO_PASSWORD),
            role="super_admin",
        )
    await called(settings, _seed_demo)


async def _seed_demo(conn: Connection) -> None:
    """Make packages and mitras for a demonstration. Source: api.seed_demo."""
    await value(conn, "SELECT api.seed_demo()")
