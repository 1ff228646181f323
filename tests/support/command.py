"""`halobestie` as a shell has it: what a command says, and its exit code."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.ground import inherited
from tests.support.waiting import START_SECONDS

ROOT = Path(__file__).parents[2]


def environment(settings: dict[str, str]) -> dict[str, str]:
    """An environment with these settings, and nothing else but those of this run's ground."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200", **inherited(), **settings}


def halobestie(*arguments: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a directory that holds no `.env`; `typed` is what somebody types."""
    return halobestie_in(ROOT / "tests", *arguments, typed=typed, **settings)


def halobestie_in(
    directory: Path,
    *arguments: str,
    typed: str = "",
    **settings: str,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in `directory`, whose `.env` it reads; `typed` is what somebody types."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=environment(settings),
        cwd=directory,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
    )
