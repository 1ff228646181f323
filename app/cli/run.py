"""`halobestie run`: everything on this machine, from nothing."""

import typer


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(run)


def run() -> None:
    """Start servers, both apps, the listener and a simulated fleet; Ctrl-C stops them all.

    Embedded PostgreSQL and Valkey live under DATA_DIR, unless DATABASE_URL and VALKEY_URL name others.
    """
    from app.development.settings import RunSettings
    from app.development.supervisor import supervise
    from app.settings import load

    raise typer.Exit(supervise(load(RunSettings)))
