"""`make chaos`: one long run by a seed, or several short runs by several seeds."""

import asyncio
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from app.development.processes import Family
from tests.chaos.faults import CATALOGUE, possible
from tests.chaos.report import tell
from tests.chaos.run import run


def main(
    seed: Annotated[int | None, typer.Option(help="Draws the schedule. Default: a new seed.")] = None,
    seconds: Annotated[float, typer.Option(help="How long a run goes on.")] = 240,
    runs: Annotated[int, typer.Option(help="How many runs, each by the next seed.")] = 1,
    only: Annotated[list[str] | None, typer.Option(help="Only these faults; may be repeated.")] = None,
    logs: Annotated[Path | None, typer.Option(help="Keep the data and the logs in this directory.")] = None,
) -> None:
    """Break the system again and again while a fleet uses it; exit code 1 when a promise was broken."""
    first = secrets.randbelow(1_000_000) if seed is None else seed
    if unknown := {*(only or ())} - {*CATALOGUE}:
        raise typer.BadParameter(f"There is no fault {', '.join(sorted(unknown))}. There are: {', '.join(CATALOGUE)}.")
    catalogue = [one for one in possible() if not only or one.name in only]
    are_good = True
    for number in range(first, first + runs):
        with TemporaryDirectory(prefix="halobestie-chaos-") as name, Family() as family:
            directory = Path(name) if logs is None else logs / str(number)
            report = asyncio.run(
                run(
                    family,
                    directory,
                    seed=number,
                    catalogue=catalogue,
                    is_enough=lambda report: report.seconds >= seconds,
                )
            )
        tell(report)
        are_good = are_good and report.is_good
    raise typer.Exit(0 if are_good else 1)


if __name__ == "__main__":
    typer.run(main)
