"""`halobestie run` as somebody at a terminal has it: one process, its output, its ports."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from app.development.processes import free_port
from tests.support.waiting import START_SECONDS, until


class Run:
    """One run on a data directory."""

    def __init__(self, directory: Path, process: subprocess.Popen[bytes], output: Path, ports: dict[str, int]) -> None:
        self.directory = directory
        self.process = process
        self.ports = ports
        self._output = output

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._output.read_text()

    def url(self, app: str) -> str:
        """Where one of its apps is: public, internal or listener."""
        return f"http://127.0.0.1:{self.ports[app]}"

    def is_ready(self) -> bool:
        """Whether both apps and the listener say so."""
        assert self.process.poll() is None, self.output
        try:
            return all(httpx.get(f"{self.url(app)}/readyz", trust_env=False).is_success for app in self.ports)
        except httpx.TransportError:
            return False

    def wait_until_ready(self) -> None:
        """Wait until everything is, and has been announced."""
        until(self.is_ready, "ready", seconds=START_SECONDS)
        until(lambda: "is ready" in self.output, "announced")

    def children(self) -> dict[str, psutil.Process]:
        """What it started, by name, as its journal tells."""
        entries = json.loads((self.directory / "run.json").read_text())
        return {entry["name"]: psutil.Process(entry["pid"]) for entry in entries}

    def ended(self) -> int:
        """Its exit code, once it has one."""
        return self.process.wait(START_SECONDS)


@contextmanager
def running(directory: Path, **settings: str) -> Iterator[Run]:
    """Start a run without the fleet; whatever happens, nothing of it is left when the block ends."""
    ports = {"public": free_port(), "internal": free_port(), "listener": free_port()}
    output = directory.with_name(directory.name + ".output")
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "VALKEY_URL")} | {
        "DATA_DIR": str(directory),
        "SIMULATE": "0",
        **{f"{name.upper()}_PORT": str(port) for name, port in ports.items()},
        **settings,
    }
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "run"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=Path(__file__).parents[2],
        )
    try:
        yield Run(directory, process, output, ports)
    finally:
        process.terminate()
        try:
            process.wait(START_SECONDS)
        finally:
            process.kill()


def living(processes: dict[str, psutil.Process]) -> list[str]:
    """Those that have not ended."""
    return [name for name, process in processes.items() if process.is_running() and process.status() != "zombie"]
