"""`halobestie config get|set`: the rules the business changes."""

import asyncio
import getpass
import os
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

from app.cli.here import configure_tool_logs, load_here
from app.postgres.command import called
from app.settings import DatabaseSettings
from app.sql import configuration

cli = typer.Typer(help="Read and change the rules of the business.", no_args_is_help=True)


@cli.command("get")
def get(key: Annotated[str | None, typer.Argument(help="One rule; without it, all of them.")] = None) -> None:
    """Print a rule's value as JSON, or every rule with what it means."""
    settings = _settings()
    if key is not None:
        typer.echo(asyncio.run(called(settings, configuration.get_config, key=key)))
        return
    table = Table(
        Column("key", no_wrap=True), Column("value", no_wrap=True), "may be", "means", box=None, pad_edge=False
    )
    for rule in asyncio.run(called(settings, configuration.config)):
        table.add_row(rule.key, bytes(rule.value).decode(), _may_be(rule), rule.description)
    Console().print(table)


@cli.command("set")
def set_(
    key: Annotated[str, typer.Argument(help="Which rule.")],
    value: Annotated[str, typer.Argument(help="JSON; what is not JSON is taken as text.")],
    if_version: Annotated[int | None, typer.Option(help="Only if the rule is still at this version.")] = None,
) -> None:
    """Change a rule; it holds everywhere within a second."""
    settings = _settings()
    change = asyncio.run(
        called(
            settings,
            configuration.set_config,
            key=key,
            value=_as_json(value),
            updated_by=f"cli:{_who()}",
            version=if_version,
        )
    )
    typer.echo(f"{change.key} = {msgspec.json.encode(change.value).decode()} (version {change.version})")


def _who() -> str:
    """The name of the user that runs this; the number of a user without a name, as containers have."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _settings() -> DatabaseSettings:
    settings = load_here(DatabaseSettings)
    configure_tool_logs(settings, process="config")
    return settings


def _as_json(value: str) -> str:
    try:
        msgspec.json.decode(value)  # NaN and Infinity are no JSON, so they are text
    except ValueError:
        return msgspec.json.encode(value).decode()
    return value


def _may_be(rule: configuration.ConfigKey) -> str:
    if rule.choices:
        return " | ".join(rule.choices)
    if rule.minimum is not None or rule.maximum is not None:
        return f"{rule.minimum} … {rule.maximum}"
    return rule.type
