"""`halobestie` as a shell has it: what a command says, and its exit code."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NO_ENV_FILE = ROOT / "tests"


def environment(settings: dict[str, str]) -> dict[str, str]:
    """An environment with these settings and nothing else of this machine's."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200", **settings}


def halobestie(*arguments: str, cwd: Path = _NO_ENV_FILE, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in a directory that holds no `.env`, unless `cwd` names another."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=environment(settings),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
