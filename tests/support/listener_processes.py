"""Listeners in processes of their own, to be stopped and killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from app.development.processes import free_port
from app.settings import ListenerSettings
from tests.support.listening import metric_in
from tests.support.waiting import START_SECONDS, until

ROOT = Path(__file__).parents[2]


class Process:
    """A listener in a process of its own."""

    def __init__(self, settings: ListenerSettings, log: Path, *, port: int | None = None) -> None:
        self.port = port or free_port()
        self.log = log
        with log.open("wb") as output:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "app", "listener"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "APP_ENV": "development",
                    "DATABASE_URL": settings.database_url,
                    "LISTEN_DATABASE_URL": settings.listen_database_url or "",
                    "VALKEY_URL": settings.valkey_url,
                    "VALKEY_KEY_PREFIX": settings.valkey_key_prefix,
                    "LISTENER_PORT": str(self.port),
                },
                stdout=output,
                stderr=output,
            )

    def report(self) -> dict[str, Any] | None:
        """What /readyz tells; None before it is there."""
        assert self.popen.poll() is None, self.log.read_text()
        try:
            answer: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).json()
        except httpx.TransportError:
            return None
        return answer

    def metric(self, series: str) -> float:
        """A series' value, 0 while there is none."""
        page = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5).text
        return metric_in(page, series)

    def leads(self) -> bool:
        """Whether it is ready and leads."""
        report = self.report()
        return report is not None and bool(report["leading"])

    def is_ready(self) -> bool:
        """Whether it is ready."""
        report = self.report()
        return report is not None and report["status"] in ("ok", "degraded")


@contextmanager
def process(settings: ListenerSettings, log: Path) -> Iterator[Process]:
    """A listener process, ended at the end."""
    running = Process(settings, log)
    try:
        until(running.is_ready, "the listener is ready", seconds=START_SECONDS)
        yield running
    finally:
        running.popen.send_signal(signal.SIGCONT)
        running.popen.kill()
        running.popen.wait()
