"""psql, as a person would run it."""

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from app.development.postgres import psql_path

ROOT = Path(__file__).parents[2]


def command(url: str, *arguments: str, variables: Mapping[str, str] | None = None) -> list[str]:
    """How to start psql on a database, with variables set (`-v name=value`)."""
    given = [f"--set={name}={value}" for name, value in (variables or {}).items()]
    return [*shlex.split(psql_path()), "-X", "--set=ON_ERROR_STOP=1", "-d", url, *given, *arguments]


def environment() -> dict[str, str]:
    """Nothing of this machine but where its programs are."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C", "PGTZ": "UTC"}


def run(
    url: str,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    typed: str | None = None,
    seconds: float = 300,
) -> subprocess.CompletedProcess[str]:
    """Run psql in the repository's root, typing `typed` at its prompt, and wait for it."""
    return subprocess.run(
        command(url, *arguments, variables=variables),
        input=typed,
        stdin=None if typed is not None else subprocess.DEVNULL,
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
