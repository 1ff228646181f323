"""Debian's Prometheus with the alerts of deploy/, looking at real processes each second."""

import asyncio
import contextlib
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from app.development.processes import Child, Family, free_port
from tests.support.command import ROOT
from tests.support.http_apps import client_of
from tests.support.waiting import START_SECONDS, eventually

DEPLOYED = ROOT / "deploy" / "prometheus"
RULES = [rule for group in yaml.safe_load((DEPLOYED / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
ALERTS = frozenset(rule["alert"] for rule in RULES)


LOOK_SECONDS = 1


class Prometheus:
    """It fires as soon as an alert's expression holds: the alerts are those of deploy/, without their `for`."""

    def __init__(self, directory: Path, family: Family) -> None:
        program = shutil.which("prometheus")
        if program is None:
            pytest.skip("this machine has no prometheus (Debian: apt-get install prometheus)")
        self.port = free_port()
        self._lookers: list[set[str]] = []
        self._directory = directory
        self._family = family
        self._program = program
        self._targets: dict[str, list[int]] = {
            "halobestie-api": [],
            "halobestie-internal": [],
            "halobestie-listener": [],
        }
        self._child: Child | None = None
        self._http = client_of(self.port)

    async def start(self) -> None:
        """Start it, without targets."""
        alerts = yaml.safe_load((DEPLOYED / "alerts.yml").read_text())
        for group in alerts["groups"]:
            for rule in group["rules"]:
                rule.pop("for", None)
        (self._directory / "alerts.yml").write_text(yaml.safe_dump(alerts))
        self._configure()
        self._child = self._family.start(
            "prometheus",
            [
                self._program,
                f"--config.file={self._directory}/prometheus.yml",
                f"--storage.tsdb.path={self._directory}/prometheus",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
            log=self._directory / "prometheus.log",
        )

        async def is_ready() -> bool:
            try:
                return (await self._http.get("/-/ready")).is_success
            except httpx.TransportError:
                return False

        await eventually(is_ready, "Prometheus is ready", seconds=START_SECONDS)

    async def stop(self) -> None:
        """End it."""
        await self._http.aclose()
        if self._child is not None:
            self._child.stop()

    def watch(self, job: str, port: int) -> None:
        """From now on look at this process of a job, too."""
        self._targets[job].append(port)
        self._configure()
        assert self._child is not None
        self._child.send_signal(signal.SIGHUP)

    async def firing(self) -> set[str]:
        """The alerts that fire now; four times in a look of Prometheus is often enough to ask."""
        await asyncio.sleep(LOOK_SECONDS / 4)
        told = await self._ask("/api/v1/alerts")
        firing = {alert["labels"]["alertname"] for alert in told["alerts"] if alert["state"] == "firing"}
        for seen in self._lookers:
            seen |= firing
        return firing

    async def value(self, expression: str) -> float | None:
        """What an expression is now; None without a result."""
        told = await self._ask("/api/v1/query", query=expression)
        return float(told["result"][0]["value"][1]) if told["result"] else None

    @contextlib.contextmanager
    def looking(self) -> Iterator[set[str]]:
        """The alerts that fire while the block lasts, as far as somebody asks."""
        seen: set[str] = set()
        self._lookers.append(seen)
        yield seen
        self._lookers = [other for other in self._lookers if other is not seen]

    async def _ask(self, path: str, **question: str) -> dict[str, Any]:
        answer = (await self._http.get(path, params=question)).json()
        assert answer["status"] == "success", answer
        data: dict[str, Any] = answer["data"]
        return data

    def _configure(self) -> None:
        configuration = yaml.safe_load((DEPLOYED / "prometheus.yml").read_text())
        configuration["global"] = dict.fromkeys(("scrape_interval", "evaluation_interval"), f"{LOOK_SECONDS}s")
        del configuration["alerting"]
        for job in configuration["scrape_configs"]:
            targets = [f"127.0.0.1:{port}" for port in self._targets[job["job_name"]]]
            job["static_configs"] = [{"targets": targets}]
        (self._directory / "prometheus.yml").write_text(yaml.safe_dump(configuration))
