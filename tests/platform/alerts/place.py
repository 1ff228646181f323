"""An installation of real processes, for every alert to be caused in."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import psycopg
from websockets.exceptions import ConnectionClosed

from app.development.postgres import EmbeddedPostgres
from app.development.processes import Child, Family, free_port
from app.development.valkey import EmbeddedValkey
from tests.platform.alerts.prometheus import Prometheus
from tests.support.command import ROOT
from tests.support.fcm.account import write_credentials
from tests.support.http_apps import client_of
from tests.support.market import Market
from tests.support.proxy import Proxy
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import START_SECONDS, eventually
from tests.support.xendit.server import SECRET_KEY, WEBHOOK_TOKEN

# Its pauses are shorter than a deployment's, so that what is looked at each minutes is seen here.
LISTENER = {
    "MITRA_AUTO_OFFLINE_SWEEP_SECONDS": "1",
    "VALKEY_ONLINE_MIRROR_SWEEP_SECONDS": "2",
    "PAYMENT_SWEEP_SECONDS": "2",
}
# The first check of the invariants comes after a second instead of six hours, and no setting says so.
CHECKS_SOON = (
    "from listeners.concerns import invariants; invariants.CHECK_SECONDS = 1.0; from app.cli import main; main()"
)


FADE_SECONDS = 400
"""An alert looks back over five minutes at the most: then what this machine's slowness did is forgotten."""

STALE_SECONDS = 3600
"""Nobody beats here, and nobody is to be silent before that is the trouble."""


class OurProcess:
    """A process of ours, which may be killed and started again on its ports."""

    def __init__(self, family: Family, log: Path, command: str, *starting: str, port: str, **settings: str) -> None:
        """`port` is the setting by which it is told where it shows its metrics."""
        self.command = command
        self.port = free_port()
        """Where it shows its metrics."""
        self.url_port = self.port
        """Where it is asked: the same port, unless it has one for metrics alone."""
        self._family = family
        self._log = log
        self._starting = [sys.executable, *starting, command]
        self._settings = {port: str(self.port), **settings}
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """Its process. Only after `start`."""
        assert self._child is not None
        return self._child

    def start(self) -> None:
        """Start it, and wait for nothing."""
        self._child = self._family.start(
            self._log.stem,
            self._starting,
            log=self._log,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "APP_ENV": "development",
                "OTP_PROVIDER": "fixed",
                "AUTH_JWT_SECRET": TEST_JWT_SECRET,
                **self._settings,
            },
        )

    async def serves(self) -> None:
        """Wait until it says that it is ready."""

        async def is_ready() -> bool:
            assert self.child.exit_code() is None, self.child.why_it_ended()
            await asyncio.sleep(0.1)
            try:
                return (await http.get("/readyz")).is_success
            except httpx.TransportError:
                return False

        async with client_of(self.url_port, timeout=2.0) as http:
            await eventually(is_ready, f"{self.child.name} serves", seconds=START_SECONDS)

    def kill(self) -> None:
        """What SIGKILL does."""
        if self._child is not None:
            self._child.kill()


class WatchedPlace:
    """PostgreSQL, Valkey, an API, a control centre, a listener, and Prometheus that looks at them."""

    def __init__(
        self,
        postgres: EmbeddedPostgres,
        valkey: EmbeddedValkey,
        prometheus: Prometheus,
        to_valkey: Proxy,
        to_listen: Proxy,
        family: Family,
        directory: Path,
        clock: Path,
    ) -> None:
        self.postgres = postgres
        self.valkey = valkey
        self.prometheus = prometheus
        self.to_valkey = to_valkey
        """The listeners' way to Valkey."""
        self.to_listen = to_listen
        """The listeners' way to PostgreSQL for LISTEN alone."""
        self.clock = clock
        """What PostgreSQL's clock is ahead by."""
        self.family = family
        self.directory = directory
        self.owner = psycopg.connect(postgres.url("halobestie"), autocommit=True)
        self.market = Market(self.owner)
        self.market.set("heartbeat_stale_seconds", STALE_SECONDS)
        self.provider_port = free_port()
        self.api = self.an_api("api", VALKEY_URL=valkey.url)
        self.internal = self._process("internal", "halo_cc", "INTERNAL_PORT", VALKEY_URL=valkey.url)
        self.listener = self.a_listener("listener")

    def an_api(self, name: str, **settings: str) -> OurProcess:
        """The public app, which is asked on one port and watched on another."""
        asked = free_port()
        process = self._process(
            name, "halo_app", "METRICS_PORT", PUBLIC_HOST="127.0.0.1", PUBLIC_PORT=str(asked), **settings
        )
        process.url_port = asked
        return process

    def a_listener(self, name: str, database: str = "halobestie", **settings: str) -> OurProcess:
        """A listener."""
        phones = write_credentials(self.directory / "firebase.json", token_uri=f"http://127.0.0.1:{free_port()}/token")
        return self._process(
            name, "halo_listener", "LISTENER_PORT", database,
            VALKEY_URL=f"valkey://127.0.0.1:{self.to_valkey.port}/0",
            LISTEN_DATABASE_URL=f"postgresql://halo_listener@127.0.0.1:{self.to_listen.port}/{database}",
            DATABASE_PREPARE="on", FIREBASE_CREDENTIALS=str(phones), **LISTENER, **settings,
        )  # fmt: skip

    def _process(self, name: str, role: str, port: str, database: str = "halobestie", **settings: str) -> OurProcess:
        command = name.partition("-")[0]
        starting = ("-c", CHECKS_SOON) if name == "listener" else ("-m", "app")
        return OurProcess(
            self.family,
            self.directory / f"{name}.log",
            command,
            *starting,
            port=port,
            **{
                "DATABASE_URL": self.postgres.url(database, role=role),
                "XENDIT_ENABLED": "true",
                "XENDIT_BASE_URL": f"http://127.0.0.1:{self.provider_port}",
                "XENDIT_SECRET_KEY": SECRET_KEY,
                "XENDIT_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
                "MESSAGE_RATE": "100000 per second",
                "PAYMENT_REQUEST_RATE": "100000 per second",
                **settings,
            },
        )

    @contextlib.asynccontextmanager
    async def again_and_again(self, act: Callable[[], Awaitable[object]], pause: float = 0.3) -> AsyncIterator[None]:
        """Act until the block ends; what the trouble itself cuts off is done again."""

        async def go_on() -> None:
            while True:
                try:
                    await act()
                except* (ConnectionClosed, OSError, TimeoutError):
                    pass
                await asyncio.sleep(pause)

        acting = asyncio.create_task(go_on())
        try:
            yield
        finally:
            acting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await acting

    def watch(self, process: OurProcess) -> None:
        """Have Prometheus look at it from now on."""
        self.prometheus.watch(f"halobestie-{process.command}", process.port)

    async def is_calm(self) -> None:
        """Wait until Prometheus has seen all of it work, and no alert fires."""

        async def is_seen() -> bool:
            works = "sum(up) == 3 and max(halobestie_invariants_checked_timestamp_seconds) > 0"
            return await self.prometheus.value(works) is not None and await self.prometheus.firing() == set()

        await eventually(is_seen, "all is well", seconds=FADE_SECONDS)

    def transaction(self, database: str = "halobestie") -> psycopg.Connection:
        """A session of a person who works by hand, in a transaction that nobody ends."""
        return psycopg.connect(self.postgres.url(database))

    def kill(self) -> None:
        """End what runs."""
        for process in (self.api, self.internal, self.listener):
            process.kill()
        self.owner.close()
