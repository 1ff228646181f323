"""A thousand sockets of two API processes, cut at random moments, one process killed: nothing is lost or repeated.

`make test` has 120 of them, `make proof` the thousand. Each client is the reference client, behind what a
balancer does: whoever comes is given to either process. Where a process may open too few files, there are fewer.
"""

import asyncio
import contextlib
import os
import random
import resource
import signal
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.auth.tokens import Tokens
from app.client import Client, Frame, Login
from app.development.processes import free_port
from app.settings import ListenerSettings
from app.wire.connection_limits import raise_file_limit
from tests.support.frames import example
from tests.support.listener_processes import process as listener
from tests.support.sizes import IS_PROOF, share
from tests.support.sockets import FAST
from tests.support.tokens import TEST_JWT_SECRET

SESSIONS = share(500) if IS_PROOF else 60
FILES_A_CLIENT = 3
"""A socket, and a connection for HTTP to each process."""

OTHER_FILES = 200
MESSAGES_A_CLIENT = 4
WRITING_SECONDS = share(24) if IS_PROOF else 8
CUT_EVERY_SECONDS = 0.6
CUT_AT_ONCE = 6
TOLD_AT_ONCE = 40
TOLD_EVERY_SECONDS = 0.3
ENTERING_AT_ONCE = 60
PATIENCE_SECONDS = 90.0
"""How long anything may take: all clients, and both processes, share a processor or two."""

HTTP_SECONDS = 20.0
SEED = 20261122

PAIRS = """
DO $$
DECLARE
    v_package uuid;
    v_customer uuid;
    v_mitra uuid;
    v_session uuid;
BEGIN
    INSERT INTO core.price_packages (name, duration_minutes, price) VALUES ('60', 60, 1000) RETURNING id INTO v_package;
    FOR n IN 1 .. {sessions} LOOP
        INSERT INTO core.customers DEFAULT VALUES RETURNING id INTO v_customer;
        v_mitra := api.create_mitra('Sari', '+6281' || lpad(n::text, 8, '0')) ->> 'id';
        PERFORM api.go_online(v_mitra);
        v_session := api.confirm_payment(
            (api.create_payment_request(v_customer, v_package, false, NULL, true) ->> 'id')::uuid) ->> 'session_id';
        PERFORM api.accept_offer(offer.offer_id, v_mitra) FROM api.blast(v_session, ARRAY[v_mitra]) AS offer;
    END LOOP;
END
$$
"""
EVENTS = """
SELECT recipient, array_agg((seq, id::text) ORDER BY seq) FROM core.events GROUP BY recipient
"""


class Apis:
    """Two API processes, to be killed and started again on their ports."""

    def __init__(self, environment: dict[str, str], room: Path) -> None:
        self.ports = [free_port(), free_port()]
        self._environment = environment
        self._room = room
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, port: int) -> None:
        """Start the one of this port."""
        with (self._room / f"api-{port}.log").open("ab") as log:
            self._running[port] = subprocess.Popen(
                [sys.executable, "-m", "app", "api"],
                cwd=Path(__file__).parents[2],
                env={**os.environ, **self._environment, "PUBLIC_PORT": str(port)},
                stdout=log,
                stderr=log,
            )

    def kill(self, port: int) -> None:
        """SIGKILL."""
        self._running[port].kill()
        assert self._running[port].wait() == -signal.SIGKILL

    async def ready(self, port: int) -> None:
        """Wait until the one of this port serves."""
        async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient(trust_env=False) as http:
            while self._running[port].poll() is None:
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(f"http://127.0.0.1:{port}/readyz")).is_success:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError((self._room / f"api-{port}.log").read_text())

    def end(self) -> None:
        """Nothing is left."""
        for running in self._running.values():
            running.kill()
            running.wait()


NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nobody needs one here, and it takes longer to make than the rest of a device."""


class Balanced(httpx.AsyncClient):
    """A device behind a balancer: every request, and every socket, is given to either process, alive or not."""

    def __init__(self, ports: list[int], dice: random.Random) -> None:
        self._ports = ports
        self._dice = dice
        super().__init__(trust_env=False, verify=NO_TLS, timeout=HTTP_SECONDS)

    @property
    def base_url(self) -> httpx.URL:
        return httpx.URL(f"http://127.0.0.1:{self._dice.choice(self._ports)}/")

    @base_url.setter
    def base_url(self, _: Any) -> None:
        raise AttributeError("It is the balancer's choice.")


class Party:
    """One party of a session, on one device."""

    def __init__(self, http: httpx.AsyncClient, type_: str, id_: UUID, session_id: UUID) -> None:
        self.recipient = f"{type_}:{id_}"
        self.session_id = str(session_id)
        self.events: list[tuple[int, str]] = []
        self.messages: list[tuple[int, str]] = []
        self.acknowledged: list[tuple[int, str]] = []
        token = Tokens(TEST_JWT_SECRET).issue(type_, id_, uuid4())  # type: ignore[arg-type]
        user = {"id": str(id_), "type": type_}
        login = {"access_token": token, "refresh_token": "none", "expires_in": 900, "user": user}
        self.client = Client(http, msgspec.convert(login, Login), self._hear, after_seq=0)
        self.client.follow(self.session_id)

    def _hear(self, frame: Frame) -> None:
        if "id" in frame:
            self.events.append((frame["seq"], frame["id"]))
        elif frame["type"] == "message":
            self.messages.append((frame["seq"], frame["client_message_id"]))
        elif frame["type"] in ("resumed", "error"):
            raise AssertionError(frame)

    async def write(self, dice: random.Random) -> None:
        """Say something at random moments, each until it is known to be committed."""
        moments = sorted(dice.uniform(0, WRITING_SECONDS) for _ in range(MESSAGES_A_CLIENT))
        for pause in (later - earlier for earlier, later in zip([0.0, *moments], moments, strict=False)):
            await asyncio.sleep(pause)
            sent = await self.client.say(self.session_id, "Halo", seconds=PATIENCE_SECONDS)
            self.acknowledged.append((sent.seq, sent.client_message_id))

    def cut(self) -> bool:
        """Abort the TCP connection, if there is one."""
        connection = self.client._connection
        if connection is None:
            return False
        connection.transport.abort()
        return True

    async def has_caught_up(self) -> None:
        """Wait until the server says that there is nothing more."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                await self.client.ready.wait()
                if await self.client.catch_up(PATIENCE_SECONDS):
                    return


@pytest.fixture
def sessions() -> Iterator[int]:
    """How many sessions the files allow that this process may open; at first that are often 1,024 files."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    raise_file_limit()
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield min(SESSIONS, (files - OTHER_FILES) // FILES_A_CLIENT // 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.fixture
def apis(
    app_url: Callable[[str], str], listener_settings: ListenerSettings, valkey_url: str, tmp_path: Path
) -> Iterator[Apis]:
    """Two API processes and a listener."""
    environment = {
        "APP_ENV": "development",
        "DATABASE_URL": app_url("halo_app"),
        "VALKEY_URL": valkey_url,
        "AUTH_JWT_SECRET": TEST_JWT_SECRET,
        "OTP_PROVIDER": "fixed",
        "MESSAGE_RATE": FAST,
        "PUBLIC_HOST": "127.0.0.1",
    }
    apis = Apis(environment, tmp_path)
    with listener(listener_settings, tmp_path / "listener.log"):
        try:
            for port in apis.ports:
                apis.start(port)
            yield apis
        finally:
            apis.end()


async def _closed() -> None:
    """Wait until connections that are closing are closed, which takes the event loop a turn or two."""
    for _ in range(5):
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def connected(parties: list[Party]) -> AsyncIterator[None]:
    """Everyone's client runs, and is ready at first."""
    entering = asyncio.Semaphore(ENTERING_AT_ONCE)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(_closed)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())

        async def enter(party: Party) -> asyncio.Task[None]:
            async with entering, asyncio.timeout(PATIENCE_SECONDS):
                running = tasks.create_task(party.client.run())
                await party.client.ready.wait()
            return running

        running = await asyncio.gather(*map(enter, parties))
        yield
        for task in running:
            task.cancel()


@pytest.mark.grows
async def test_nothing_is_lost_or_repeated_when_sockets_are_cut_and_one_of_two_processes_is_killed(
    apis: Apis, conn: psycopg.Connection, database_url: str, sessions: int
) -> None:
    dice = random.Random(SEED)
    conn.execute(PAIRS.format(sessions=sessions).encode())
    rows = conn.execute("SELECT id, customer_id, mitra_id FROM core.chat_sessions").fetchall()
    over = asyncio.Event()
    cuts = 0

    async def cut(parties: list[Party]) -> None:
        nonlocal cuts
        while not over.is_set():
            await asyncio.sleep(dice.uniform(0, 2 * CUT_EVERY_SECONDS))
            cuts += sum(party.cut() for party in dice.sample(parties, CUT_AT_ONCE))

    async def tell(parties: list[Party]) -> None:
        """Stored events, which the listener carries."""
        shown = example("status_changed")
        payload = {name: shown[name] for name in shown.keys() - {"type", "id", "seq", "ts"}}
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as producer:
            while not over.is_set():
                some = [party.recipient for party in dice.sample(parties, TOLD_AT_ONCE)]
                await producer.execute(
                    "SELECT core.emit(array_agg(ROW(recipient, 'status_changed', %s)::core.event))"
                    " FROM unnest(%s::text[]) AS recipient",
                    [Jsonb(payload), some],
                )
                await asyncio.sleep(dice.uniform(0, 2 * TOLD_EVERY_SECONDS))

    async def kill_one() -> None:
        await asyncio.sleep(WRITING_SECONDS / 3)
        apis.kill(apis.ports[0])
        await asyncio.sleep(1)
        apis.start(apis.ports[0])
        await apis.ready(apis.ports[0])

    for port in apis.ports:
        await apis.ready(port)
    async with contextlib.AsyncExitStack() as devices:
        parties = [
            Party(await devices.enter_async_context(Balanced(apis.ports, dice)), type_, id_, session_id)
            for session_id, customer_id, mitra_id in rows
            for type_, id_ in (("customer", customer_id), ("mitra", mitra_id))
        ]
        async with connected(parties):
            async with asyncio.TaskGroup() as tasks:
                disturbing = [tasks.create_task(cut(parties)), tasks.create_task(tell(parties))]
                killing = tasks.create_task(kill_one())
                await asyncio.gather(*(party.write(dice) for party in parties))
                await killing
                over.set()
                await asyncio.gather(*disturbing)
            # What is stored by now must come; deadlines may tell somebody more afterwards.
            events: dict[str, list[tuple[str, str]]] = dict(conn.execute(EVENTS).fetchall())
            await asyncio.gather(*(party.has_caught_up() for party in parties))

    messages: dict[str, list[tuple[int, str]]] = {}
    for session_id, seq, id_ in conn.execute(
        "SELECT session_id, seq, client_message_id FROM core.chat_messages ORDER BY session_id, seq"
    ):
        messages.setdefault(str(session_id), []).append((seq, id_))
    assert cuts > 50
    assert sum(party.client.counters.connections for party in parties) > len(parties) * 1.4
    assert sum(len(of_session) for of_session in messages.values()) == len(parties) * MESSAGES_A_CLIENT
    for party in parties:
        committed = messages[party.session_id]
        stored = [(int(seq), id_) for seq, id_ in events[party.recipient]]
        assert party.events[: len(stored)] == stored
        assert [seq for seq, _ in party.events] == list(range(1, len(party.events) + 1))
        assert party.messages == committed
        assert [seq for seq, _ in committed] == list(range(1, len(committed) + 1))
        assert Counter(party.acknowledged) <= Counter(committed)
        assert party.client.counters.lost == 0
    assert conn.execute("SELECT * FROM ops.invariant_violations").fetchall() == []
