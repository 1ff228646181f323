"""Real listeners on real servers, as the role they run as."""

import asyncio
import contextlib
import pwd
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest

from app.development.postgres import EmbeddedPostgres, _installation
from app.development.processes import Family, free_port
from app.mirror.check import Difference, compare
from app.mirror.server import Server
from app.postgres.database import Database
from app.runtime.ports import reserve
from app.settings import ListenerSettings
from listeners import daemon
from listeners.engine.program import Program
from tests.http.market import Market
from tests.mirror.conftest import Mirror, eventually

__all__ = ["Listening", "eventually", "free_port", "listening", "metric_in", "port_of"]


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
        await asyncio.wait_for(self.running, 8)

    async def get(self, path: str, *, method: str = "GET") -> httpx.Response:
        """Ask its health port."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.settings.listener_port}") as client:
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
        await asyncio.wait_for(running, 8)
    finally:
        for task in (running, started):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await running


@pytest.fixture
def listener_settings(listener_settings: ListenerSettings, role_url: Callable[[str], str]) -> ListenerSettings:
    """Settings of a listener, as the role it runs as, on a port of its own."""
    return listener_settings.model_copy(
        update={"database_url": role_url("halo_listener"), "listener_port": free_port()}
    )


@pytest.fixture
def market(conn: psycopg.Connection) -> Market:
    """People and sessions, made in the database."""
    return Market(conn)


@pytest.fixture
async def server(listener_settings: ListenerSettings) -> AsyncIterator[Server]:
    """A way to the Valkey that the listener writes to."""
    server = await Server.open(listener_settings, name="test", timeout=5)
    yield server
    await server.close()


@pytest.fixture
async def mirror(server: Server, listener_settings: ListenerSettings) -> Mirror:
    """What the listener writes."""
    return Mirror(server, listener_settings)


@pytest.fixture
async def listener(listener_settings: ListenerSettings, mirror: Mirror) -> AsyncIterator[Listening]:
    """A listener that leads."""
    async with listening(listener_settings) as running:
        yield running


@pytest.fixture
def differences(db: Database, server: Server) -> Callable[[], Awaitable[list[Difference]]]:
    """The mirror compared with PostgreSQL."""

    async def look() -> list[Difference]:
        return await compare(db.call, server, second_looks=[0.05])

    return look


@pytest.fixture
def agrees(differences: Callable[[], Awaitable[list[Difference]]]) -> Callable[..., Awaitable[None]]:
    """Wait until the mirror agrees with PostgreSQL."""

    async def wait(seconds: float = 5.0) -> None:
        async def no_difference() -> bool:
            return not await differences()

        try:
            await eventually(no_difference, "the mirror agrees with PostgreSQL", seconds=seconds)
        except pytest.fail.Exception:
            pytest.fail(f"the mirror still differs: {await differences()}")

    return wait


def status_of(conn: psycopg.Connection, mitra_id: UUID) -> bool:
    """Whether PostgreSQL calls the mitra online."""
    row = conn.execute("SELECT is_online FROM core.mitra_online_status WHERE mitra_id = %s", [mitra_id]).fetchone()
    assert row is not None
    return bool(row[0])


Agrees = Callable[..., Awaitable[None]]


@pytest.fixture
def standby(own_postgres: EmbeddedPostgres, server_directory: Path, family: Family) -> Iterator[EmbeddedPostgres]:
    """A server that follows `own_postgres` by streaming."""
    directory = server_directory / "standby"
    directory.mkdir(mode=0o700)
    user = own_postgres.directory.stat().st_uid
    subprocess.run(["chown", f"{user}", directory], check=True)
    subprocess.run(
        [_installation() / "bin" / "pg_basebackup", "-d", own_postgres.url(), "-D", directory, "-R", "-c", "fast"],
        user=user,
        group=pwd.getpwuid(user).pw_gid,
        cwd="/",
        check=True,
        capture_output=True,
        timeout=60,
    )
    server = EmbeddedPostgres(directory, family=family, log=server_directory / "standby.log", durable=False)
    server.start()
    yield server
    server.kill()
