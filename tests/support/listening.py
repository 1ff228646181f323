"""A real listener in this process, and what it tells of itself."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import psycopg

from app.runtime.ports import reserve
from app.settings import ListenerSettings
from listeners import daemon
from listeners.engine.program import Program
from tests.support.http_apps import client_of
from tests.support.waiting import PATIENCE_SECONDS

Agrees = Callable[..., Awaitable[None]]
"""Waits until the mirror agrees with PostgreSQL."""


def metric_in(page: str, series: str) -> float:
    """A series' value on a page of metrics, 0 without one."""
    for line in page.splitlines():
        if line.startswith(f"{series} "):
            return float(line.rpartition(" ")[2])
    return 0.0


class Listening:
    """A running listener."""

    def __init__(self, settings: ListenerSettings, program: Program, running: asyncio.Task[None]) -> None:
        self.settings = settings
        self.running = running
        self._program = program

    async def stop(self) -> None:
        """As by SIGTERM."""
        self._program.stop()
        await asyncio.wait_for(self.running, PATIENCE_SECONDS)

    async def get(self, path: str, *, method: str = "GET") -> httpx.Response:
        """Ask its health port."""
        async with client_of(self.settings.listener_port) as client:
            return await client.request(method, path)

    async def sweep(self, name: str) -> dict[str, object]:
        """How a sweep's last run went."""
        report: dict[str, object] = (await self.get("/readyz")).json()["sweeps"][name]
        return report

    async def metric(self, series: str) -> float:
        """A series' value, 0 while there is none."""
        return metric_in((await self.get("/metrics")).text, series)


def port_of(settings: ListenerSettings) -> socket.socket:
    """What its health is served on."""
    return reserve(settings.listener_host, settings.listener_port, setting="LISTENER_PORT")


@asynccontextmanager
async def listening(settings: ListenerSettings) -> AsyncIterator[Listening]:
    """A listener that has seeded and opened its port; stopped at the end."""
    program, ready = Program(), asyncio.Event()
    running = asyncio.create_task(daemon.run(settings, port_of(settings), ready, program=program))
    started = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({running, started}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        assert started.done(), "the listener is ready"
        yield Listening(settings, program, running)
        program.stop()
        await asyncio.wait_for(running, PATIENCE_SECONDS)
    finally:
        for task in (running, started):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await running


def status_of(conn: psycopg.Connection, mitra_id: UUID) -> bool:
    """Whether PostgreSQL calls the mitra online."""
    row = conn.execute("SELECT is_online FROM core.mitra_online_status WHERE mitra_id = %s", [mitra_id]).fetchone()
    assert row is not None
    return bool(row[0])
