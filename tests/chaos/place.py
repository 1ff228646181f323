"""The system of a run: servers and processes of its own, with a proxy on every way between two of them."""

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.rows import DictRow, dict_row

from app.development.demo import seed
from app.development.postgres import EmbeddedPostgres
from app.development.processes import Child, Family, free_port
from app.development.valkey import EmbeddedValkey
from app.mirror.check import differences
from app.postgres.migrations import migrate
from app.settings import DatabaseSettings
from app.simulation import SimulationSettings
from tests.chaos.disk import Disk
from tests.chaos.network import Network
from tests.chaos.onlooker import DEACTIVATED
from tests.chaos.pooler import Pooler
from tests.support.tokens import TEST_JWT_SECRET

APPS = ("api-1", "api-2", "internal")
LISTENERS = ("listener-1", "listener-2")
ROLES = {"api": "halo_app", "internal": "halo_cc", "listener": "halo_listener"}
POOLED = ("api-2", "internal")
"""These processes reach PostgreSQL through the pooler, where the machine has PgBouncer."""

DATABASE = "halobestie"

END_SECONDS = 9.0
"""Within so many seconds of SIGTERM a process has ended."""

ANSWERS, ABLE = "each process answers", "no process is degraded or unavailable"
ONE_LEADS, ON_TIME, MIRRORED = "one listener leads", "no due work waits", "the mirror is PostgreSQL's"
"""What holds again soon after every fault (`Place.what_lags`)."""


class Part:
    """One of our processes, which can be ended and started again on its port."""

    def __init__(self, name: str, family: Family, logs: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.command = name.partition("-")[0]
        self.port = free_port()
        self.is_meant_to_live = False
        self._family = family
        self._logs = logs
        self._environment = environment | {f"{_PORT_OF[self.command]}_PORT": str(self.port)}
        self._starts = 0
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """Its process. Only after `start`."""
        assert self._child is not None
        return self._child

    def start(self, **environment: str) -> None:
        """Start it; `environment` is for this start alone."""
        self._starts += 1
        self._child = self._family.start(
            self.name,
            [sys.executable, "-m", "app", self.command],
            log=self._logs / f"{self.name}.{self._starts}.log",
            env=self._environment | environment,
        )
        self.is_meant_to_live = True

    def kill(self) -> None:
        """End it as a crash would."""
        self.is_meant_to_live = False
        self.child.kill()

    def pause(self) -> None:
        """Let it do nothing any more, though it lives."""
        self.child.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a paused process go on."""
        self.child.send_signal(signal.SIGCONT)

    async def stop(self, patience: float = 1.0) -> float:
        """End it with SIGTERM; after how many seconds it had ended."""
        self.is_meant_to_live = False
        began = time.monotonic()
        self.child.ask_to_stop()
        if not await asyncio.to_thread(self.child.wait, 2 * END_SECONDS * patience):
            self.child.kill()
        return time.monotonic() - began

    def died(self) -> str | None:
        """How it ended although nobody ended it; None while all is well."""
        if self.is_meant_to_live and self.child.exit_code() is not None:
            return self.child.why_it_ended()
        return None


_CROWD = """
INSERT INTO core.mitras (display_name, phone, is_active)
SELECT 'Crowd', '+6287' || lpad(n::text, 8, '0'), n > %s FROM generate_series(1, %s) AS n
RETURNING id
"""

_PORT_OF = {"api": "PUBLIC", "internal": "INTERNAL", "listener": "LISTENER"}


class Place:
    """Everything that a run starts."""

    def __init__(self, family: Family, directory: Path, dice: random.Random, network: Network, disk: Disk) -> None:
        self.dice = dice
        self.network = network
        self.disk = disk
        self.logs = directory / "logs"
        self.crowd: list[str] = []
        """The ids of mitras who never work: they are there to be many."""
        self.patience = 1.0
        """How many times as long as promised everything may take."""
        self.ends: list[tuple[float, float]] = []
        """At which moment an app was asked to end, and after how many seconds it had ended."""
        self.postgres = EmbeddedPostgres(
            disk.directory / "data", family=family, log=self.logs / "postgres.log", durable=False
        )
        self.pooler = Pooler.where_installed(directory, family=family, postgres=self.postgres)
        self.valkey = EmbeddedValkey(family=family, log=self.logs / "valkey.log")
        self.processes: dict[str, Part] = {}
        self._http = httpx.AsyncClient(trust_env=False, timeout=3)

    @property
    def settings(self) -> SimulationSettings:
        """What the fleet and its verdict use: the apps through the clients' network, the stores directly."""
        return SimulationSettings(
            database_url=self.postgres.url(DATABASE),
            valkey_url=self.valkey.url,
            public_port=self.network.ways["clients"].port,
            internal_port=self.processes["internal"].port,
        )

    @property
    def owner_url(self) -> str:
        """The address of the database for its owner, past every proxy."""
        return self.postgres.url(DATABASE)

    @contextlib.contextmanager
    def owner(self) -> Iterator[psycopg.Connection[DictRow]]:
        """A connection of the database's owner, past every proxy. Raises psycopg.OperationalError."""
        with psycopg.connect(self.owner_url, autocommit=True, connect_timeout=3, row_factory=dict_row) as conn:
            conn.execute("SET statement_timeout = '20s'")
            conn.execute("SET default_transaction_read_only = off")
            yield conn

    def running(self, *commands: str) -> list[Part]:
        """The processes of these commands (`api`, `internal`, `listener`) that nobody has ended."""
        return [one for one in self.processes.values() if one.command in commands and one.is_meant_to_live]

    async def leader(self) -> Part | None:
        """The listener that leads, or says so."""
        for one in self.running("listener"):
            report = await self.report(one)
            if report is not None and report.get("leading"):
                return one
        return None

    async def report(self, process: Part) -> dict[str, Any] | None:
        """What its /readyz tells; None when it does not answer."""
        with contextlib.suppress(httpx.HTTPError, ValueError):
            answer: dict[str, Any] = (await self._http.get(f"http://127.0.0.1:{process.port}/readyz")).json()
            return answer
        return None

    async def what_lags(self) -> AsyncIterator[str]:
        """Each thing that does not hold yet, and how that shows; nothing when all has come back."""
        for one in self.processes.values():
            report = await self.report(one)
            if report is None:
                yield f"{ANSWERS}: not {one.name}"
            elif report["status"] not in ("ok", "ready"):
                yield f"{ABLE}: {one.name} { ({key: report[key] for key in ('status', 'reasons') if key in report}) }"
        leaders = [one.name for one in self.running("listener") if (await self.report(one) or {}).get("leading")]
        if len(leaders) != 1:
            yield f"{ONE_LEADS}: {len(leaders)} do"
        try:
            with self.owner() as conn:
                condition = conn.execute("SELECT * FROM api.condition()").fetchone()
                assert condition is not None
            if condition["deadline_seconds"] > 1.5 or condition["event_seconds"] > 1.5:
                yield f"{ON_TIME}: {condition}"
            if differing := await differences(self.settings):
                yield f"{MIRRORED}: {differing[:3]}"
        except psycopg.Error as error:
            yield f"{ANSWERS}: not PostgreSQL: {error}"

    async def prepare(self, crowd: int) -> None:
        """Start everything, with demo data and a crowd of so many mitras."""
        self.postgres.start()
        with psycopg.connect(self.postgres.url(), autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {DATABASE}")
        migrate(self.postgres.url(DATABASE))
        await seed(DatabaseSettings(database_url=self.postgres.url(DATABASE)))
        with self.owner() as conn:
            self.crowd = [str(row["id"]) for row in conn.execute(_CROWD, [DEACTIVATED, crowd])]
            conn.execute("ANALYZE")
        self.valkey.start()
        if self.pooler is not None:
            self.pooler.start()
        for one in self.processes.values():
            one.start()

    async def close(self) -> None:
        """End our processes, then PostgreSQL, before its disk goes; the family ends the rest, however the run ended."""
        for one in self.processes.values():
            if one.is_meant_to_live:
                one.go_on()
                await one.stop()
        await asyncio.to_thread(self.postgres.stop)
        await self._http.aclose()


@contextlib.asynccontextmanager
async def a_place(
    family: Family, directory: Path, dice: random.Random, *, crowd: int, source: Path | None = None
) -> AsyncIterator[Place]:
    """A running system, with proxies on the way from each process to each server and from the clients to the apps.

    Its processes run this checkout, or another `source`.
    """
    with Network(dice.randrange(2**32)) as network, Disk(directory / "disk") as disk:
        place = Place(family, directory, dice, network, disk)
        for name in (*APPS, *LISTENERS):
            role = ROLES[name.partition("-")[0]]
            server = place.pooler if place.pooler is not None and name in POOLED else place.postgres
            to_postgres = network.lay(f"{name} postgres", server.port)
            to_valkey = network.lay(f"{name} valkey", place.valkey.port)
            environment = {
                **os.environ,
                "APP_ENV": "development",
                "OTP_PROVIDER": "fixed",
                "AUTH_JWT_SECRET": TEST_JWT_SECRET,
                "DATABASE_URL": f"postgresql://{role}@127.0.0.1:{to_postgres.port}/{DATABASE}",
                "VALKEY_URL": f"valkey://127.0.0.1:{to_valkey.port}/0",
                "PUBLIC_HOST": "127.0.0.1",
                "METRICS_PORT": "0",
                "VALKEY_TIMEOUT_MS": "250",  # a process that has to wait for the processor is no fault of Valkey's
                **({} if source is None else {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(source)}),
            }
            place.processes[name] = Part(name, family, place.logs, environment)
        network.lay("clients", *(place.processes[name].port for name in ("api-1", "api-2")))
        try:
            await place.prepare(crowd)
            yield place
        finally:
            await place.close()
