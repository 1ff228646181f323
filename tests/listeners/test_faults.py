"""PostgreSQL goes away, restarts, or falls silent; the listener comes back by itself."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from structlog.testing import capture_logs

from app.development.postgres import EmbeddedPostgres
from app.development.processes import free_port
from app.mirror.check import compare
from app.mirror.server import Server
from app.postgres.database import Database
from app.readiness.settle import settle
from app.settings import ListenerSettings
from listeners.engine.backend import Backend
from listeners.engine.leadership import Leadership
from listeners.engine.notifications import Notifications
from listeners.engine.program import Program
from tests.support.listening import Listening, listening
from tests.support.market import Market
from tests.support.waiting import PATIENCE_SECONDS, eventually


@dataclass
class OwnPostgres:
    """A listener on a PostgreSQL of its own."""

    postgres: EmbeddedPostgres
    settings: ListenerSettings
    listener: Listening
    server: Server

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """The database's owner."""
        with psycopg.connect(self.postgres.url("halobestie"), autocommit=True) as conn:
            yield conn

    async def agrees(self) -> None:
        """Wait until the mirror agrees with PostgreSQL."""
        db = await Database.open(self.postgres.url("halobestie"), name="test")
        try:

            async def same() -> bool:
                return not await compare(db.call, self.server, second_looks=[0.05])

            await eventually(same, "the mirror agrees with PostgreSQL")
        finally:
            await db.close()


@pytest.fixture
async def own(own_postgres: EmbeddedPostgres, valkey_url: str) -> AsyncIterator[OwnPostgres]:
    settings = ListenerSettings(
        app_env="development",
        database_url=own_postgres.url("halobestie", role="halo_listener"),
        valkey_url=valkey_url,
        listener_port=free_port(),
    )
    server = await Server.open(settings, name="test", timeout=5)
    async with listening(settings) as listener:
        yield OwnPostgres(own_postgres, settings, listener, server)
    await server.close()


def backends(conn: psycopg.Connection, name: str) -> list[int]:
    rows = conn.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [name]).fetchall()
    return [row[0] for row in rows]


async def test_after_a_restart_of_postgresql_everything_goes_on(own: OwnPostgres) -> None:
    with own.connection() as conn:
        market = Market(conn)
        market.mitra()
        expiring = market.session(market.customer(), market.mitra())
        await own.agrees()
        conn.execute(
            "UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '1 s' WHERE id = %s", [expiring]
        )
    own.postgres.kill()

    async def is_unready() -> bool:
        return (await own.listener.get("/readyz")).status_code == 503

    await eventually(is_unready, "readiness is denied")
    assert (await own.listener.get("/healthz")).status_code == 200
    own.postgres.start()
    with own.connection() as conn:
        market = Market(conn)

        async def closed() -> bool:
            return bool(market.value("SELECT status <> 'active' FROM core.chat_sessions WHERE id = %s", expiring))

        await eventually(closed, "the overdue session is settled")
        market.mitra()
        await own.agrees()

    async def is_ready() -> bool:
        return (await own.listener.get("/readyz")).status_code == 200

    await eventually(is_ready, "readiness is back")


@pytest.mark.parametrize("name", ["halobestie-listen", "halobestie-mirror", "halobestie-work", "halobestie-lease"])
async def test_backends_that_fall_silent_are_replaced(own: OwnPostgres, name: str) -> None:
    with own.connection() as conn:
        market = Market(conn)
        mitra = market.mitra()
        await own.agrees()
        silent = backends(conn, name)
        assert silent
        for pid in silent:
            os.kill(pid, signal.SIGSTOP)
        try:
            market.value("SELECT api.go_offline(%s)", mitra.id)
            market.mitra()
            await own.agrees()

            async def replaced() -> bool:
                return bool(set(backends(conn, name)) - set(silent))

            await eventually(replaced, "there is another backend")
        finally:
            for pid in silent:
                os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    "name", ["halobestie-listen", "halobestie-mirror", "halobestie-work", "halobestie-lease", "halobestie-events"]
)
async def test_a_terminated_backend_is_replaced(own: OwnPostgres, name: str) -> None:
    with own.connection() as conn:
        market = Market(conn)
        market.mitra()
        await own.agrees()

        async def there() -> bool:
            return bool(backends(conn, name))

        await eventually(there, "the backend is there")
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [name])
        market.mitra()
        await own.agrees()
        await eventually(there, "there is another backend")


async def test_what_was_said_while_nobody_listened_is_made_up_for(own: OwnPostgres) -> None:
    with own.connection() as conn:
        market = Market(conn)
        await own.agrees()
        conn.execute("REVOKE CONNECT ON DATABASE halobestie FROM PUBLIC")
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'halobestie-listen'"
        )
        mitras = [market.mitra() for _ in range(3)]

        async def deaf() -> bool:
            return bool((await own.listener.get("/readyz")).json()["postgres"] == "down")

        await eventually(deaf, "the listener knows that it does not hear")
        conn.execute("GRANT CONNECT ON DATABASE halobestie TO PUBLIC")
        await own.agrees()
        assert await own.server.command("SCARD", own.server.keys.online) == len(mitras)


async def test_while_it_can_not_listen_the_leader_reads_everything_again_and_again(own: OwnPostgres) -> None:
    with own.connection() as conn:
        market = Market(conn)
        market.mitra()
        await own.agrees()
        # every session that is there goes on; only a new LISTEN session is refused
        conn.execute("ALTER DATABASE halobestie CONNECTION LIMIT 0")
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'halobestie-listen'"
        )
        market.mitra()
        await own.agrees()
        assert (await own.listener.get("/readyz")).json()["postgres"] == "down"

        async def disowned() -> bool:
            return not await own.server.command("EXISTS", own.server.keys.alive)

        await eventually(disowned, "a leader that stays deaf does not keep the mirror")
        conn.execute("ALTER DATABASE halobestie CONNECTION LIMIT -1")
        await own.agrees()


async def test_a_host_that_can_not_be_looked_up_is_a_server_that_is_away() -> None:
    """The settings refuse its name, but an environment of libpq's own may hold it."""
    dsn, program = "postgresql://halo_listener@a..b/x", Program()
    backend = Backend(dsn, name="test")
    with pytest.raises(psycopg.OperationalError, match="can't be looked up"):
        await settle(backend.run, patience=0.0)
    notifications = Notifications(dsn, {}, program=program)
    leadership = Leadership(backend, has_valkey=lambda: True, retry_seconds=2.0, program=program)
    waiting = [
        asyncio.ensure_future(notifications.run()),
        asyncio.ensure_future(leadership.run(lambda _epoch: asyncio.sleep(0))),
    ]
    with capture_logs() as lines:

        async def each_has_said_so() -> bool:
            return len(lines) >= len(waiting)

        await eventually(each_has_said_so, "each says that it can't reach PostgreSQL")
        assert {line["event"] for line in lines} == {"not_listening", "leadership_not_asked_for"}
        assert {line["log_level"] for line in lines} == {"warning"}
        program.stop()
        await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE_SECONDS)
