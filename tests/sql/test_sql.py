"""Every `*.sql` beside this file, each run alone by psql on a database of its own, as a person would run it."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from app.development.postgres import psql_path

FILES = sorted(Path(__file__).parent.glob("*.sql"))

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


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_all_that_the_file_says_holds(file: Path, database_url: str) -> None:
    done = subprocess.run(
        [*shlex.split(psql_path()), "-X", "-v", "ON_ERROR_STOP=1", "-d", database_url, "-f", str(file)],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "PGOPTIONS": "-c plpgsql.extra_errors=all"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, faults_in_tap(done.stdout)) == (0, []), f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize(
    ("output", "faults"),
    [
        ("1..2\nok 1 - a\nok 2 - b\n", []),
        ("1..2\nok 1 - a\n# a remark\n", ["1..2 was planned, and 1 ran"]),
        ("1..1\nok 1 - a\nok 2 - b\n", ["1..1 was planned, and 2 ran"]),
        ("1..2\nok 1 - a\nnot ok 2 - b\n#   got: c\n", ["not ok 2 - b"]),
        ("ok 1 - a\n", ["the output does not begin with a plan"]),
        ("", ["the output does not begin with a plan"]),
    ],
)
def test_what_is_wrong_with_an_output_is_seen(output: str, faults: list[str]) -> None:
    assert faults_in_tap(output) == faults
