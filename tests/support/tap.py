"""SQL that tests by itself: what psql says of a file that ends in TAP."""

import os
import re
import shlex
import subprocess
import time
from pathlib import Path

from app.development.postgres import psql_path
from tests.support.waiting import START_SECONDS

AGAIN = 2
INTERRUPTION_SECONDS = 0.5

_PLAN = re.compile(r"1\.\.(\d+)")
_RESULT = re.compile(r"(not )?ok (\d+) - .+")


def faults_in_tap(output: str) -> list[str]:
    """What is wrong with the output of a test file: tests that failed, and tests that were planned and did not run."""
    lines = output.splitlines()
    plan = _PLAN.fullmatch(lines[0]) if lines else None
    if plan is None:
        return ["the output does not begin with a plan"]
    results = [match for line in lines if (match := _RESULT.fullmatch(line))]
    faults = [match[0] for match in results if match[1]]
    if [int(match[2]) for match in results] != list(range(1, int(plan[1]) + 1)):
        faults.append(f"{plan[0]} was planned, and {len(results)} ran")
    return faults


def run_tap(file: Path, database_url: str) -> tuple[list[str], str]:
    """Run a test file as a person would, and say what is wrong, with all that was printed."""
    done = subprocess.run(
        [*shlex.split(psql_path()), "-X", "-v", "ON_ERROR_STOP=1", "-d", database_url, "-f", str(file)],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "PGOPTIONS": "-c plpgsql.extra_errors=all"},
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    faults = faults_in_tap(done.stdout) + ([f"psql ended with {done.returncode}"] if done.returncode else [])
    return faults, f"{done.stdout}\n{done.stderr}"


def run_tap_undisturbed(file: Path, database_url: str) -> tuple[list[str], str]:
    """The same, judged by a run that the machine did not interrupt: files count seconds to the second.

    A run with failed tests counts for nothing if it took longer than the next one by `INTERRUPTION_SECONDS`, and that
    one found no fault. Whatever else fails, an error of psql or a test that did not run, fails.
    """
    took, judged = _timed(file, database_url)
    for _ in range(AGAIN):
        if not judged[0] or not all(fault.startswith("not ok") for fault in judged[0]):
            break
        took_again, again = _timed(file, database_url)
        if not again[0] and took < took_again + INTERRUPTION_SECONDS:
            break
        took, judged = took_again, again
    return judged


def _timed(file: Path, database_url: str) -> tuple[float, tuple[list[str], str]]:
    began = time.monotonic()
    told = run_tap(file, database_url)
    return time.monotonic() - began, told
