"""`halobestie create-admin`: makes an operator of the control centre."""

import asyncio
from typing import Annotated

import typer

from app.auth.passwords import hash_password, require_good
from app.cli.here import configure_tool_logs, load_here
from app.postgres.command import called
from app.problems import Problem
from app.settings import DatabaseSettings
from app.sql import control_centre


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command("create-admin")(create_admin)


def create_admin(
    email: Annotated[str, typer.Argument(help="What the operator logs in with.")],
    name: Annotated[str, typer.Option(help="Shown to colleagues.")] = "",
    role: Annotated[str, typer.Option(help="Name of the role that says what they may do.")] = "super_admin",
    password: Annotated[
        str,
        typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="ADMIN_PASSWORD", show_envvar=True),
    ] = "",
) -> None:
    """Make an operator. The password is asked for, or taken from ADMIN_PASSWORD."""
    settings = load_here(DatabaseSettings)
    configure_tool_logs(settings, process="create-admin")
    try:
        require_good(password, field="password", email=email)
    except Problem as weak:
        raise typer.BadParameter(f"{weak.detail} {weak.hint}", param_hint="password") from None
    admin = asyncio.run(
        called(
            settings,
            control_centre.create_admin,
            email=email,
            display_name=name or email,
            password_hash=hash_password(password),
            role=role,
        )
    )
    typer.echo(f"{admin.email} may log in as {admin.role}.", err=True)
