"""Real listeners on real servers, as the role they run as."""

import pwd
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from app.development.postgres import EmbeddedPostgres, _installation
from app.development.processes import Family
from app.mirror.check import Difference, compare
from app.mirror.gateway import Gateway
from app.mirror.server import Server
from app.postgres.database import Database
from app.settings import ListenerSettings
from tests.support.listening import Agrees, Listening, listening
from tests.support.mirror import Mirror
from tests.support.waiting import START_SECONDS, eventually


@pytest.fixture
async def server(listener_settings: ListenerSettings) -> AsyncIterator[Server]:
    """A way to the Valkey that the listener writes to."""
    server = await Server.open(listener_settings, name="test", timeout=5)
    yield server
    await server.close()


@pytest.fixture
async def app_db(app_url: Callable[[str], str]) -> AsyncIterator[Database]:
    """A pool as the role of the public app."""
    database = await Database.open(app_url("halo_app"), name="test")
    yield database
    await database.close()


@pytest.fixture
async def gateway(listener_settings: ListenerSettings, app_db: Database) -> AsyncIterator[Gateway]:
    """As an instance of the public app has one."""
    gateway = await Gateway.open(listener_settings, app_db)
    yield gateway
    await gateway.close()


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
def agrees(differences: Callable[[], Awaitable[list[Difference]]]) -> Agrees:
    """Wait until the mirror agrees with PostgreSQL."""

    async def wait() -> None:
        async def no_difference() -> bool:
            return not await differences()

        try:
            await eventually(no_difference, "the mirror agrees with PostgreSQL")
        except pytest.fail.Exception:
            pytest.fail(f"the mirror still differs: {await differences()}")

    return wait


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
        timeout=START_SECONDS,
    )
    server = EmbeddedPostgres(directory, family=family, log=server_directory / "standby.log", durable=False)
    server.start()
    yield server
    server.kill()
