"""Installs this project into the virtual environment whose Python runs this file, and shows the progress.

    .venv/bin/python app/development/install.py dev

It runs before anything is installed, so it uses only the standard library.
"""

import subprocess
import sys
import sysconfig
import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

_LOOK_SECONDS = 0.2
_LINE_SECONDS = 10.0  # without a terminal, where a line can't be replaced
_LAST_LINES = 20


class _Progress:
    """What pip has said so far."""

    def __init__(self) -> None:
        self.last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._fetched = 0
        self._latest = ""
        self._total = 0

    def read(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.last_lines.append(line.rstrip())
            if line.startswith("Collecting "):
                self._fetched += 1
                self._latest = line.split()[1]
            elif line.startswith("Installing collected packages:"):
                self._total = line.count(",") + 1

    def shown(self, installed: int) -> str:
        if self._total:
            return f"installing packages: {min(installed, self._total)} of {self._total}"
        return f"fetching packages: {self._fetched} {self._latest}"


def install(extra: str) -> int:
    """Install the project with one of its extras, in the versions of constraints.txt. Returns pip's exit code."""
    arguments = ["--disable-pip-version-check", "--progress-bar=off", "-c", "constraints.txt", "-e", f".[{extra}]"]
    progress = _Progress()
    before = _installed()
    with subprocess.Popen(
        [sys.executable, "-m", "pip", "install", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        reader = threading.Thread(target=progress.read, args=[pip.stdout])
        reader.start()
        _show_until_done(pip, progress, before)
        reader.join()
    if pip.returncode != 0:
        sys.stderr.write("\n".join([*progress.last_lines, "The packages could not be installed; pip said why.", ""]))
    return pip.returncode


def _show_until_done(pip: "subprocess.Popen[str]", progress: _Progress, before: int) -> None:
    is_terminal = sys.stderr.isatty()
    next_line = time.monotonic() + _LINE_SECONDS
    while pip.poll() is None:
        if is_terminal:
            sys.stderr.write(f"\r\033[K{progress.shown(_installed() - before)}")
        elif time.monotonic() >= next_line:
            next_line += _LINE_SECONDS
            sys.stderr.write(f"{progress.shown(_installed() - before)}\n")
        sys.stderr.flush()
        time.sleep(_LOOK_SECONDS)
    if is_terminal:
        sys.stderr.write("\r\033[K")


def _installed() -> int:
    return sum(1 for _ in Path(sysconfig.get_paths()["purelib"]).glob("*.dist-info"))


if __name__ == "__main__":
    sys.exit(install(sys.argv[1]))
