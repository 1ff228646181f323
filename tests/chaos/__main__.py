"""`make chaos`: one long run by a seed, or several short runs by several seeds."""

import asyncio
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from app.development.processes import Family
from tests.chaos.faults import CATALOGUE, possible
from tests.chaos.planted import PLANTED
from tests.chaos.report import tell
from tests.chaos.run import run

TRIES = 4
"""How often the faults of a planted bug happen, when nothing is found before."""


def main(
    seed: Annotated[int | None, typer.Option(help="Draws the schedule. Default: a new seed.")] = None,
    seconds: Annotated[float, typer.Option(help="How long a run goes on.")] = 240,
    runs: Annotated[int, typer.Option(help="How many runs, each by the next seed.")] = 1,
    only: Annotated[list[str] | None, typer.Option(help="Only these faults; may be repeated.")] = None,
    planted: Annotated[bool, typer.Option(help="Plant a bug at a time instead; each must be caught.")] = False,
    logs: Annotated[Path | None, typer.Option(help="Keep the data and the logs in this directory.")] = None,
) -> None:
    """Break the system again and again while a fleet uses it; exit code 1 when a promise was broken."""
    first = secrets.randbelow(1_000_000) if seed is None else seed
    if unknown := {*(only or ())} - {*CATALOGUE}:
        raise typer.BadParameter(f"There is no fault {', '.join(sorted(unknown))}. There are: {', '.join(CATALOGUE)}.")
    if planted:
        raise typer.Exit(0 if _all_are_caught(first) else 1)
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


def _all_are_caught(seed: int) -> bool:
    """Whether a run with each planted bug found something broken."""
    missed = []
    for bug in PLANTED:
        with TemporaryDirectory(prefix="halobestie-chaos-") as name, Family() as family:
            report = asyncio.run(
                run(
                    family,
                    Path(name) / "data",
                    seed=seed,
                    catalogue=[CATALOGUE[fault] for fault in bug.faults],
                    is_enough=lambda report: report.faults.total() >= TRIES,
                    source=bug.plant(Path(name) / "source"),
                )
            )
        typer.echo(f"{'MISSED' if report.is_good else 'caught'}: {bug.name}")
        for violation in report.violations[:2]:
            typer.echo(f"  {violation[:200]}")
        if report.is_good:
            missed.append(bug.name)
    typer.echo(f"{len(PLANTED) - len(missed)} of {len(PLANTED)} planted bugs were caught.")
    return not missed


if __name__ == "__main__":
    typer.run(main)
