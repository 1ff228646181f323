"""`halobestie replay`: what a time would have been under other rules."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from app.cli.here import configure_tool_logs, load_here
from app.postgres.command import called
from app.settings import DatabaseSettings
from app.sql import replays


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(replay)


def replay(
    rules: Annotated[
        list[str] | None,
        typer.Argument(
            help="Such as blast_size=5; also offer_timeout_seconds, mitra_max_sessions and"
            " missed_offers_before_offline. None: the same again."
        ),
    ] = None,
    since: Annotated[datetime | None, typer.Option("--from", help="From when, UTC; a day ago without it.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Until when, UTC; now without it.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same.")] = 1,
) -> None:
    """Print what at most 7 days would have been under other rules, with how far to believe it. Ctrl-C ends it.

    Source: ops.replay. It reads, and changes nothing.
    """
    settings = load_here(DatabaseSettings)
    configure_tool_logs(settings, process="replay")
    to = until.replace(tzinfo=UTC) if until else datetime.now(UTC)
    given = dict(rule.partition("=")[::2] for rule in rules or ())
    if not all(value.isdecimal() for value in given.values()):
        raise typer.BadParameter("A rule is given as blast_size=5.")
    answer = asyncio.run(
        called(
            settings,
            replays.replay,
            from_at=since.replace(tzinfo=UTC) if since else to - timedelta(days=1),
            to_at=to,
            settings=json.dumps({rule: int(value) for rule, value in given.items()}),
            seed=seed,
        )
    )
    typer.echo(answer)
