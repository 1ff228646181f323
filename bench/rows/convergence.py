"""How soon everything has converged after a fault: the faults alone, one after the other, under a fleet."""

import asyncio
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from app.development.processes import Family
from bench.row import Outcome, Run

WHAT = "convergence after a fault"
WORKLOAD = (
    "A fleet of 12 mitras and 32 customers among 10,000 other mitras. The mirror is looked at fifty times a second as a"
    " reader does, and a mitra changes five times a second. `make chaos SAVE=1` writes the same from a run with every"
    " fault, among as many others as CROWD says."
)

CROWD = 10_000
CALM_SECONDS = 20.0


def measure(run: Run) -> Outcome:
    from tests.chaos import convergence  # the tests know the rows
    from tests.chaos.faults import CATALOGUE
    from tests.chaos.run import run as run_chaos

    wanted = run.rounds * len(convergence.FAULTS)
    with TemporaryDirectory(prefix="halobestie-chaos-") as name, Family() as family:
        report = asyncio.run(
            run_chaos(
                family,
                Path(name) / "run",
                seed=secrets.randbelow(1_000_000),
                catalogue=[CATALOGUE[fault] for fault in convergence.FAULTS],
                is_enough=lambda report: report.faults.total() >= wanted,
                crowd=CROWD,
                calm_seconds=CALM_SECONDS,
                pairs=0.0,
            )
        )
    if not report.is_good:
        raise RuntimeError(f"promises were broken: {report.violations}")
    return convergence.outcome(report)
