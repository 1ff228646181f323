"""`make chaos`: one long run by a seed, or several short runs by several seeds."""

import asyncio
import os
import secrets
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from app.development.processes import Family
from tests.chaos import convergence
from tests.chaos.faults import CATALOGUE, possible
from tests.chaos.planted import PLANTED, Planted
from tests.chaos.report import tell
from tests.chaos.run import CROWD, ChaosReport, run
from tests.chaos.soak import Soak, table

CALM_SECONDS = 10.0
"""How long nothing is broken at the beginning of a run."""

COMES_BACK_SECONDS = 30.0
"""After so long what a planted bug broke does not come back."""


def main(
    seed: Annotated[int | None, typer.Option(help="Draws the schedule. Default: a new seed.")] = None,
    seconds: Annotated[float, typer.Option(help="How long a run goes on.")] = 240,
    runs: Annotated[int, typer.Option(help="How many runs, each by the next seed.")] = 1,
    only: Annotated[list[str] | None, typer.Option(help="Only these faults; may be repeated.")] = None,
    planted: Annotated[bool, typer.Option(help="Plant a bug at a time instead; each must be caught.")] = False,
    bug_named: Annotated[str | None, typer.Option(help="With --planted: only bugs with this in their names.")] = None,
    logs: Annotated[Path | None, typer.Option(help="Keep the data and the logs in this directory.")] = None,
    crowd: Annotated[int, typer.Option(help="So many mitras are there besides those who work.")] = CROWD,
    soak: Annotated[bool, typer.Option(help="Break nothing, and look whether what is used stays level.")] = False,
    save: Annotated[bool, typer.Option(help="Write how soon everything converged into bench/README.md.")] = False,
) -> None:
    """Break the system again and again while a fleet uses it; exit code 1 when a promise was broken."""
    first = secrets.randbelow(1_000_000) if seed is None else seed
    if unknown := {*(only or ())} - {*CATALOGUE}:
        raise typer.BadParameter(f"There is no fault {', '.join(sorted(unknown))}. There are: {', '.join(CATALOGUE)}.")
    if planted:
        bugs = [bug for bug in PLANTED if bug_named is None or bug_named in bug.name]
        raise typer.Exit(0 if _all_are_caught(first, bugs) else 1)
    if soak:
        raise typer.Exit(0 if _all_stays_level(first, seconds, crowd) else 1)
    catalogue = [one for one in possible() if not only or one.name in only]
    are_good = True
    for number in range(first, first + runs):
        load_before = os.getloadavg()[0]
        with TemporaryDirectory(prefix="halobestie-chaos-") as name, Family() as family:
            directory = Path(name) if logs is None else logs / str(number)
            report = asyncio.run(
                run(
                    family,
                    directory,
                    seed=number,
                    catalogue=catalogue,
                    is_enough=lambda report: report.seconds >= seconds,
                    crowd=crowd,
                    calm_seconds=CALM_SECONDS,
                )
            )
        tell(report)
        if save:
            from bench.__main__ import keep  # it draws, which needs the packages of benchmarks

            command = f"make chaos SEED={number} SECONDS={seconds:g} CROWD={crowd} SAVE=1"
            keep("convergence", command, convergence.outcome(report), load_before)
        are_good = are_good and report.is_good
    raise typer.Exit(0 if are_good else 1)


def _all_stays_level(seed: int, seconds: float, crowd: int) -> bool:
    """Whether no promise was broken while nothing broke, and what is used stayed level."""
    soak, load_before = Soak(), os.getloadavg()[0]
    with TemporaryDirectory(prefix="halobestie-chaos-") as name, Family() as family:
        report = asyncio.run(
            run(
                family,
                Path(name) / "data",
                seed=seed,
                catalogue=[soak.kind],
                is_enough=lambda report: report.seconds >= seconds,
                say=lambda _: None,
                crowd=crowd,
            )
        )
    console, levels = Console(width=120), soak.levels()
    console.print(table(levels))
    console.print(f"{len(soak.looks)} looks, load {load_before:.1f} before. {convergence.summary(report)}")
    for violation in report.violations:
        console.print(f"BROKEN: {violation}", style="red", highlight=False, markup=False)
    return report.is_good and bool(levels) and all(one.is_level for one in levels)


def _all_are_caught(seed: int, bugs: Sequence[Planted]) -> bool:
    """Whether a run with each planted bug found the promise broken that the bug breaks."""
    missed = []
    for bug in bugs:
        with TemporaryDirectory(prefix="halobestie-chaos-") as name, Family() as family:
            report = asyncio.run(
                run(
                    family,
                    Path(name) / "data",
                    seed=seed,
                    catalogue=[CATALOGUE[fault] for fault in bug.faults],
                    is_enough=partial(_is_tried, bug),
                    source=bug.plant(Path(name) / "source"),
                    comes_back_seconds=COMES_BACK_SECONDS,
                    most_violations=1,
                )
            )
        is_caught = bug.is_seen_in(report.violations)
        typer.echo(f"{'caught' if is_caught else 'MISSED'}: {bug.name}")
        for violation in report.violations[:2]:
            typer.echo(f"  {violation[:200]}")
        if not is_caught:
            missed.append(bug.name)
    typer.echo(f"{len(bugs) - len(missed)} of {len(bugs)} planted bugs were caught.")
    return not missed


def _is_tried(bug: Planted, report: ChaosReport) -> bool:
    return report.faults.total() >= bug.tries


if __name__ == "__main__":
    typer.run(main)
